//! Every key with the value that it has now: for who wants to see how the box is set without reading its file. Secrets are never among them.

use toml::de::{DeTable, DeValue};

use super::sections::KNOWN;

/// The file with every key and its default; a test keeps it equal to what [`super::parse`] takes for granted.
const DEFAULTS: &str = include_str!("../../assets/lifeboat.toml");

/// Keys whose values may hold a secret (a token in an address, a key in a body): that they are set is all that is shown.
const HIDDEN: [(&str, &str); 5] = [("notify", "heartbeat_url"), ("sms", "url"), ("sms", "body"), ("chat", "url"), ("chat", "body")];

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `table.key`.
    pub key: String,
    /// As it would stand in the file.
    pub value: String,
    /// It is what it would be without a word in the file.
    pub is_default: bool,
}

/// All keys in the order of the tables, with their values in a file that [`super::parse`] found good.
pub fn settings(text: &str) -> Vec<Setting> {
    let defaults = with_all_defaults();
    let (defaults, _) = DeTable::parse_recoverable(&defaults);
    let (file, _) = DeTable::parse_recoverable(text);
    let value = |root: &DeTable<'_>, table: &str, key: &str| {
        let table = root.get(table)?.get_ref().as_table()?;
        table.get(key).map(|value| written(value.get_ref()))
    };
    let setting = |table: &'static str, key: &'static str| {
        let by_default = value(defaults.get_ref(), table, key).unwrap_or_default();
        let set = value(file.get_ref(), table, key);
        let is_default = set.as_ref().is_none_or(|set| *set == by_default);
        let plain = set.unwrap_or(by_default);
        let is_secret = HIDDEN.contains(&(table, key)) && plain != "\"\"";
        Setting { key: format!("{table}.{key}"), value: if is_secret { "(set; not shown)".to_owned() } else { plain }, is_default }
    };
    KNOWN.iter().flat_map(|(table, keys)| keys.iter().map(|key| setting(table, key))).collect()
}

/// The file of defaults with every `#key = value` line taken in.
fn with_all_defaults() -> String {
    let is_setting = |line: &str| {
        let key = line.strip_prefix('#').and_then(|rest| rest.split_once(" = ")).map(|(key, _)| key);
        key.is_some_and(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    DEFAULTS.lines().map(|line| if is_setting(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

fn written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Array(values) => format!("[{}]", values.iter().map(|value| written(value.get_ref())).collect::<Vec<_>>().join(", ")),
        // No key takes these.
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[server]\nhostname = \"box.example.com\"\n[monitor]\nfall = 5\nrise = 6\n[sms]\nurl = \"https://g.example/?key=secret\"\n\
                        body = '{\"key\": \"secret\"}'\n[outbound]\npassword_file = \"/etc/lifeboat/password\"\n";

    fn check(key: &str, value: &str, is_default: bool) {
        let all = settings(FILE);
        let found = all.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!((found.value.as_str(), found.is_default), (value, is_default), "{key}");
    }

    #[test]
    fn no_key_is_forgotten_and_each_has_a_value() {
        let all = settings(FILE);
        let keys: Vec<String> = KNOWN.iter().flat_map(|(table, keys)| keys.iter().map(move |key| format!("{table}.{key}"))).collect();
        assert_eq!(all.iter().map(|setting| setting.key.clone()).collect::<Vec<_>>(), keys);
        assert!(all.iter().all(|setting| !setting.value.is_empty() && setting.value != "?"), "{all:?}");
    }

    #[test]
    fn what_the_file_says_counts_and_what_it_repeats_is_the_default() {
        check("server.hostname", "\"box.example.com\"", false);
        check("monitor.fall", "5", false);
        check("monitor.rise", "6", true);
        check("cache.retention_days", "30", true);
        check("outbound.password_file", "\"/etc/lifeboat/password\"", false);
    }

    #[test]
    fn secrets_are_not_shown() {
        check("sms.url", "(set; not shown)", false);
        check("chat.url", "\"\"", true);
        assert!(!settings(FILE).iter().any(|setting| setting.value.contains("secret")));
    }
}
