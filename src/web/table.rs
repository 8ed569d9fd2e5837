//! Tables of routes: paths with places for arguments, and the method of each row.

use std::marker::PhantomData;

/// One page or one form. In a path `:` stands for one segment that is an argument, and `#` for one that is a number as we write it
/// ourselves (no sign, no leading zeros, at most 64 bits): one message has one path.
pub struct Row<D> {
    pub method: Method,
    pub path: &'static str,
    /// Who may, and who answers.
    pub door: D,
    /// The form brings files: it may be as large as a body may be.
    pub large: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// The place of a row in its table.
#[derive(Debug, PartialEq, Eq)]
pub struct RowId<D>(usize, PhantomData<fn() -> D>);

impl<D> Clone for RowId<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for RowId<D> {}

impl<D> RowId<D> {
    pub fn row(self, table: &'static [Row<D>]) -> &'static Row<D> {
        &table[self.0]
    }

    #[cfg(test)]
    pub fn number(self) -> usize {
        self.0
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Found<D> {
    Row(RowId<D>),
    /// The path is ours, the method is not; the value for `Allow`.
    WrongMethod(&'static str),
    Nothing,
}

/// Finds the row. HEAD is answered like GET. A path with fixed words comes before one with an argument in their place.
pub fn find<D>(table: &[Row<D>], method: &str, path: &str) -> Found<D> {
    let rows = || table.iter().filter(|row| row.matches(path)).min_by_key(|row| row.path.matches([':', '#']).count());
    let Some(first) = rows() else { return Found::Nothing };
    let wanted = match method {
        "GET" | "HEAD" => Some(Method::Get),
        "POST" => Some(Method::Post),
        _ => None,
    };
    let same_path = || table.iter().enumerate().filter(|(_, row)| row.path == first.path);
    if let Some((at, _)) = same_path().find(|(_, row)| Some(row.method) == wanted) {
        return Found::Row(RowId(at, PhantomData));
    }
    let has = |method| same_path().any(|(_, row)| row.method == method);
    Found::WrongMethod(match (has(Method::Get), has(Method::Post)) {
        (true, true) => "GET, HEAD, POST",
        (true, false) => "GET, HEAD",
        _ => "POST",
    })
}

impl<D> Row<D> {
    pub fn matches(&self, path: &str) -> bool {
        let (mut own, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), given.next()) {
                (None, None) => return true,
                (Some(":"), Some(argument)) if !argument.is_empty() => {}
                (Some("#"), Some(argument)) if number(argument).is_some() => {}
                (Some(word), Some(given)) if word == given && !matches!(word, ":" | "#") => {}
                _ => return false,
            }
        }
    }

    /// What stands in the path's places for arguments, numbers too.
    pub fn arguments(&self, path: &str) -> Vec<String> {
        self.path.split('/').zip(path.split('/')).filter(|(own, _)| matches!(*own, ":" | "#")).map(|(_, given)| given.to_owned()).collect()
    }
}

/// A number as we write it ourselves.
pub fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(method: Method, path: &'static str) -> Row<()> {
        Row { method, path, door: (), large: false }
    }

    static TABLE: &[Row<()>] = &[
        row(Method::Get, "/"),
        row(Method::Get, "/a"),
        row(Method::Post, "/a"),
        row(Method::Post, "/b"),
        row(Method::Get, "/m/:"),
        row(Method::Get, "/m/find"),
        row(Method::Get, "/m/x/#"),
        row(Method::Get, "/m/x/#/part/#"),
    ];

    fn check(method: &str, path: &str, expected: Result<usize, Option<&'static str>>) {
        let found = match find(TABLE, method, path) {
            Found::Row(id) => Ok(id.number()),
            Found::WrongMethod(allow) => Err(Some(allow)),
            Found::Nothing => Err(None),
        };
        assert_eq!(found, expected, "{method} {path}");
    }

    #[test]
    fn finds_rows_by_path_and_method() {
        check("GET", "/", Ok(0));
        check("HEAD", "/a", Ok(1));
        check("POST", "/a", Ok(2));
        check("GET", "/m/find", Ok(5));
        check("GET", "/m/found", Ok(4));
        check("GET", "/m/x/42", Ok(6));
        check("GET", "/m/x/42/part/3", Ok(7));
    }

    #[test]
    fn says_which_methods_a_path_has() {
        check("POST", "/", Err(Some("GET, HEAD")));
        check("GET", "/b", Err(Some("POST")));
        check("DELETE", "/a", Err(Some("GET, HEAD, POST")));
        check("get", "/", Err(Some("GET, HEAD")));
    }

    #[test]
    fn a_number_is_written_in_one_way() {
        for path in ["/m/x/-1", "/m/x/+1", "/m/x/007", "/m/x/99999999999999999999", "/m/x/", "/m/x/1/part/x", "/m/x/1/../2", "/m/x/#"] {
            check("GET", path, Err(None));
        }
        for path in ["", "a", "/m", "/m/", "/m/find/", "/M/find", "/a/"] {
            check("GET", path, Err(None));
        }
    }

    #[test]
    fn arguments_are_what_stands_in_their_place() {
        let row = row(Method::Get, "/a/:/b/#");
        assert!(row.matches("/a/1/b/2") && !row.matches("/a//b/2") && !row.matches("/a/1/b/x"));
        assert_eq!(row.arguments("/a/x y/b/2"), ["x y", "2"]);
    }
}
