//! Lists of MAPI properties (MS-OXTNEF section 2.1.3.4, types as in MS-OXCDATA section 2.11.1).

use super::{Octets, charset};

/// A property that has an id of its own (names given by programs are passed over, with their values).
#[derive(Debug)]
pub(super) struct Property<'a> {
    pub id: u16,
    pub value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Number(u32),
    /// Binary data and objects.
    Octets(&'a [u8]),
    /// 8-bit text in the message's codepage.
    Text8(&'a [u8]),
    /// UTF-16, little endian.
    Text16(&'a [u8]),
    Other,
}

impl Value<'_> {
    pub fn text(self, codepage: u32) -> String {
        match self {
            Value::Number(_) | Value::Other => String::new(),
            // HTML comes as octets in the codepage of the message.
            Value::Octets(octets) | Value::Text8(octets) => {
                let end = octets.len() - octets.iter().rev().take_while(|&&b| b == 0).count();
                crate::mail::parse::decoded(&octets[..end], charset(codepage).as_deref())
            }
            Value::Text16(octets) => {
                let units: Vec<u16> = octets.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
                String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned()
            }
        }
    }
}

/// The properties of a list, as far as it can be read.
pub(super) struct Properties<'a> {
    rest: Octets<'a>,
    left: u32,
}

impl<'a> Properties<'a> {
    pub fn new(data: &'a [u8]) -> Properties<'a> {
        let mut rest = Octets(data);
        let left = rest.u32().unwrap_or_default();
        Properties { rest, left }
    }

    fn read(&mut self) -> Option<Property<'a>> {
        const MANY_VALUES: u16 = 0x1000;
        const FIRST_NAMED: u16 = 0x8000;
        let kind = self.rest.u16()?;
        let id = self.rest.u16()?;
        if id >= FIRST_NAMED {
            self.name()?;
        }
        // A property with many values, or of a type of varying length, says how many there are.
        let varies = matches!(kind & !MANY_VALUES, 0x000D | 0x001E | 0x001F | 0x0102);
        let count = if varies || kind & MANY_VALUES != 0 { self.rest.u32()? } else { 1 };
        let mut value = Value::Other;
        for _ in 0..count {
            // Each takes some octets, so this ends with the data.
            value = self.value(kind & !MANY_VALUES)?;
        }
        Some(Property { id, value })
    }

    // A GUID, and a number or a text in UTF-16.
    fn name(&mut self) -> Option<()> {
        self.rest.take(16)?;
        match self.rest.u32()? {
            0 => self.rest.take(4)?,
            _ => self.padded()?,
        };
        Some(())
    }

    fn value(&mut self, kind: u16) -> Option<Value<'a>> {
        Some(match kind {
            0x0002 | 0x000B => Value::Number(self.rest.u32()? & 0xFFFF),
            0x0003 | 0x0004 | 0x000A => Value::Number(self.rest.u32()?),
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => {
                self.rest.take(8)?;
                Value::Other
            }
            0x0048 => {
                self.rest.take(16)?;
                Value::Other
            }
            0x001E => Value::Text8(self.padded()?),
            0x001F => Value::Text16(self.padded()?),
            0x000D | 0x0102 => Value::Octets(self.padded()?),
            // Of an unknown type the length is not known either.
            _ => return None,
        })
    }

    // A length, so many octets, and none to three that fill up four.
    fn padded(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.rest.u32()?).ok()?;
        let data = self.rest.take(length)?;
        let _filling = self.rest.take((4 - length % 4) % 4);
        Some(data)
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        self.left = self.left.checked_sub(1)?;
        let property = self.read();
        if property.is_none() {
            self.left = 0;
        }
        property
    }
}
