//! What a name says of itself (RFC 1035 section 3.3.14).

use hickory_resolver::proto::rr::RData;

use super::Resolver;
use crate::limits::DNS_TIMEOUT;
use crate::net::deadline;

impl Resolver {
    /// The TXT records of a name, the strings of each put together. None if it has no record.
    ///
    /// # Errors
    /// In words: DNS does not answer.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let engine = self.shared.engine().ok_or("no usable resolver configuration")?;
        let answer = deadline::within(DNS_TIMEOUT, engine.txt_lookup(format!("{name}."))).await;
        match answer.map_err(|_| "the name servers do not answer")? {
            Ok(lookup) => Ok(lookup.answers().iter().filter_map(|record| text(&record.data)).collect()),
            Err(error) if error.is_nx_domain() || error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(format!("look-up failed ({error})")),
        }
    }
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(txt) = data else { return None };
    Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned())
}
