//! One page, looked at as a person might have it: light, dark, on a desk, on a phone, enlarged. What is wrong is collected, so
//! that one run tells everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::browser::Browser;

/// WCAG 2.2 A and AA, and what axe knows of good practice beyond it.
const TAGS: [&str; 7] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "EN-301-549"];
/// CSS pixels: an old phone, a phone, a tablet, a desk at 200 % zoom, and a desk. WCAG 2.2 success criterion 1.4.10 names the first.
const WIDTHS: [u32; 5] = [320, 360, 640, 768, 1280];

pub struct Look<'a> {
    browser: &'a Browser,
    axe: String,
    pub findings: Vec<String>,
    pub looked_at: usize,
}

impl<'a> Look<'a> {
    pub fn new(browser: &'a Browser) -> Look<'a> {
        let file = tools().join("axe-core/axe.min.js");
        let axe = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}: {MISSING}", file.display()));
        Look { browser, axe, findings: Vec::new(), looked_at: 0 }
    }

    pub fn finds(&mut self, page: &str, what: &str) {
        self.findings.push(format!("{page}: {what}"));
    }

    /// Everything about the page at this address.
    pub fn at(&mut self, name: &str, url: &str) {
        let browser = self.browser;
        self.looked_at += 1;
        browser.prefers("prefers-color-scheme", "light");
        browser.size(1280, 900);
        drop(browser.console());
        browser.open(url);
        for line in browser.console() {
            self.finds(name, &format!("the console says: {line}"));
        }
        self.stays_at_home(name);
        self.is_accessible(&format!("{name}, desk"), &json!(TAGS));
        self.picture(name, "desk", 1280, 900);
        browser.prefers("prefers-color-scheme", "dark");
        self.has_contrast(&format!("{name}, dark"));
        self.picture(name, "dark", 1280, 900);
        browser.size(360, 740);
        self.has_contrast(&format!("{name}, dark phone"));
        browser.prefers("prefers-color-scheme", "light");
        self.is_accessible(&format!("{name}, phone"), &json!(TAGS));
        self.picture(name, "phone", 360, 740);
        for width in WIDTHS {
            browser.size(width, 800);
            self.fits(&format!("{name} at {width}"));
        }
        // Letters and words further apart, as success criterion 1.4.12 has it.
        let spaced = "document.documentElement.style.cssText = 'letter-spacing:.12em;word-spacing:.16em;line-height:1.5'";
        browser.size(360, 740);
        browser.script(spaced);
        self.fits(&format!("{name} with wide letters"));
        browser.script("document.documentElement.style.cssText = ''");
    }

    /// What made-up data cannot show: the page with its own headers and scripts, as the box sends it.
    pub fn once(&mut self, name: &str, url: &str) {
        // The last one is where a browser that says nothing any more stands.
        println!("{name}");
        let browser = self.browser;
        self.looked_at += 1;
        browser.size(1280, 900);
        drop(browser.console());
        browser.open(url);
        self.stays_at_home(name);
        self.is_accessible(name, &json!(TAGS));
        for width in [1280, 320] {
            browser.size(width, 800);
            self.fits(&format!("{name} at {width}"));
        }
        for line in browser.console() {
            self.finds(name, &format!("the console says: {line}"));
        }
    }

    /// Octets of the page that is open and of everything that it loaded, uncompressed.
    pub fn weight(&self) -> u64 {
        let sum = "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]; \
                   return all.reduce((sum, entry) => sum + entry.decodedBodySize, 0)";
        self.browser.script(sum).as_u64().unwrap_or_default()
    }

    /// The page where letters of 32 pixels are set in the browser's settings (success criterion 1.4.4).
    pub fn with_large_letters(&mut self, name: &str, url: &str) {
        self.looked_at += 1;
        self.browser.size(1280, 900);
        self.browser.open(url);
        self.fits(&format!("{name} with large letters"));
    }

    /// Nothing was asked of another host.
    fn stays_at_home(&mut self, name: &str) {
        let elsewhere = "return performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith('data:') \
                         && new URL(name).host !== location.host)";
        let names = self.browser.script(elsewhere);
        if names != json!([]) {
            self.finds(name, &format!("something of another host: {names}"));
        }
        let headings = self.browser.script("return [document.title.trim().length > 0, document.querySelectorAll('h1').length]");
        if headings != json!([true, 1]) {
            self.finds(name, &format!("a title and one main heading: {headings}"));
        }
    }

    fn is_accessible(&mut self, name: &str, tags: &Value) {
        self.ask_axe(name, &json!({ "runOnly": { "type": "tag", "values": tags }, "iframes": false, "resultTypes": ["violations"] }));
    }

    /// Colours are all that the dark form changes.
    fn has_contrast(&mut self, name: &str) {
        let rules = json!({ "type": "rule", "values": ["color-contrast"] });
        self.ask_axe(name, &json!({ "runOnly": rules, "iframes": false, "resultTypes": ["violations"] }));
    }

    fn ask_axe(&mut self, name: &str, options: &Value) {
        if self.browser.script("return typeof axe") == "undefined" {
            self.browser.script(&self.axe);
        }
        let run = "const done = arguments[1]; axe.run(document, arguments[0]).then(found => done(found.violations.map(rule => rule.id + ': ' \
                   + rule.help + '\\n' + rule.nodes.map(node => '    ' + node.html.slice(0, 240) + '\\n      ' \
                   + node.failureSummary.split('\\n').slice(1).join(' ')).slice(0, 4).join('\\n'))), error => done([String(error)]))";
        let found = self.browser.script_async(run, &json!([options]));
        for violation in found.as_array().into_iter().flatten() {
            self.finds(name, violation.as_str().unwrap_or_default());
        }
    }

    /// Nothing sticks out to the side, and nothing is cut off where no one can push it.
    fn fits(&mut self, name: &str) {
        let out = "const wide = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= wide) return []; \
                   return [...document.querySelectorAll('body *')].filter(one => { const box = one.getBoundingClientRect(); \
                   return box.width > 0 && box.height > 0 && (box.right > wide + 1 || box.left < -1) && !one.closest('.unseen, .skip'); }) \
                   .slice(0, 4).map(one => one.outerHTML.slice(0, 160))";
        let found = self.browser.script(out);
        if found != json!([]) {
            self.finds(name, &format!("sticks out: {found}"));
        }
    }

    /// The whole page, not only what fits the window.
    fn picture(&self, name: &str, form: &str, width: u32, height: u32) {
        let tall = self.browser.script("return document.documentElement.scrollHeight").as_u64().unwrap_or_default();
        self.browser.size(width, u32::try_from(tall).unwrap_or(height).clamp(height, 3000));
        self.browser.picture(&format!("page-{name}-{form}"));
        self.browser.size(width, height);
    }

    /// All findings, once each.
    pub fn verdict(mut self) {
        assert!(self.looked_at > 0, "there are pages");
        self.findings.dedup();
        assert!(self.findings.is_empty(), "{} findings on {} pages:\n{}", self.findings.len(), self.looked_at, self.findings.join("\n"));
    }
}

const MISSING: &str = "tests/run installs it (`cp tests/tools/package*.json target/tools/ && npm ci --prefix target/tools`)";

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/node_modules")
}

/// What the validator says of these files, one finding a line.
pub fn validate(files: &[PathBuf]) -> Vec<String> {
    assert!(!files.is_empty(), "there are files");
    let program = tools().join("html-validate/bin/html-validate.mjs");
    assert!(program.exists(), "{} is missing: {MISSING}", program.display());
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/htmlvalidate.json");
    // Into a file: what node has not yet written to a pipe when it exits is lost.
    let report = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("node");
    command.arg(program).arg("--config").arg(config).args(["-f", "json"]).args(files).stdout(report.reopen().unwrap());
    let output = command.output().expect("`node` is missing: install Debian's package `nodejs` (tests/run does)");
    let text = std::fs::read_to_string(report.path()).unwrap();
    let reports: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("html-validate: {error}: {text} {}", String::from_utf8_lossy(&output.stderr));
    });
    let mut findings = Vec::new();
    for report in reports.as_array().into_iter().flatten() {
        let file = report["filePath"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        for message in report["messages"].as_array().into_iter().flatten() {
            findings.push(format!("{file}:{}:{} {} ({})", message["line"], message["column"], message["message"], message["ruleId"]));
        }
    }
    findings
}
