//! The demonstration: the real appliance with a stand-in primary, on loopback, in a temporary folder.
