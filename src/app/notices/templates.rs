//! An admin's own words, from the folder `notify.templates`.

use std::path::Path;

use crate::app::core::Core;
use crate::limits::CONFIG_FILE_MAX_OCTETS;
use crate::notify::{TemplateProblem, Templates};

const ALARM: &str = "templates";

/// The templates of a folder; for a file with a mistake, or one that cannot be read, the built-in one counts.
pub fn read(folder: &Path) -> (Templates, Vec<TemplateProblem>) {
    let problem = |file: String, text: String| TemplateProblem { file, line: 0, text };
    let names = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()),
        Err(error) => return (Templates::default(), vec![problem(folder.display().to_string(), format!("cannot be read: {error}"))]),
    };
    // Editors leave other files behind.
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".txt")).collect();
    names.sort();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        let path = folder.join(&name);
        let length = std::fs::metadata(&path).map_or(0, |data| data.len());
        match std::fs::read_to_string(&path) {
            _ if length > CONFIG_FILE_MAX_OCTETS => problems.push(problem(name, "is too large".to_owned())),
            Ok(text) => files.push((name, text)),
            Err(error) => problems.push(problem(name, format!("cannot be read: {error}"))),
        }
    }
    let (templates, more) = Templates::with(&files);
    problems.extend(more);
    (templates, problems)
}

/// Takes the configured folder; an alarm if anything is wrong in it.
pub fn take(core: &Core) {
    let Some(folder) = &core.config.notify.templates else { return };
    let (templates, problems) = read(folder);
    let _only_once = core.templates.set(templates);
    if let Some(first) = problems.first() {
        let text = format!("Own words for notices have {} mistake(s), {first}. What is built in counts instead.", problems.len());
        core.raise_alarm(ALARM, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_file_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("event-end.txt", "Back, {name}\n\nHello\n");
        write("event-start.txt", "Down\n\n{pasword}\n");
        write("event-start.txt~", "an editor's");
        let (templates, problems) = read(folder.path());
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown.len() == 1 && shown[0].starts_with("event-start.txt:3: {pasword} is no placeholder here"), "{shown:?}");
        assert_ne!(templates, Templates::default());
        let (templates, problems) = read(&folder.path().join("missing"));
        assert!(templates == Templates::default() && problems[0].text.starts_with("cannot be read"), "{problems:?}");
    }
}
