//! headless Chromium, spoken to by WebDriver (chromedriver).

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{free_port, need, wait_for};

const PATIENCE: Duration = Duration::from_secs(30);
/// The key under which WebDriver names elements (W3C WebDriver section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// chromedriver with one browser. Both are gone when dropped.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

/// What a person has set in the browser.
pub struct Settings {
    pub scripts: bool,
    /// Pixels.
    pub font_size: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { scripts: true, font_size: 16 }
    }
}

impl Browser {
    pub fn start(folder: &Path) -> Browser {
        Browser::start_with(folder, &Settings::default())
    }

    pub fn start_with(folder: &Path, settings: &Settings) -> Browser {
        need("chromium", "chromium");
        need("chromedriver", "chromium-driver");
        let address = free_port([127, 0, 0, 1].into());
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={}", address.port())).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = command.spawn().expect("chromedriver starts");
        let mut browser = Browser { driver, address, session: String::new() };
        wait_for("chromedriver listens", PATIENCE, || TcpStream::connect(address).ok());
        let profile = folder.join(format!("chromium-{}-{}", settings.scripts, settings.font_size));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--ignore-certificate-errors",
            "--no-proxy-server",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let prefs = json!({
            // 1 is "allow", 2 is "block".
            "profile.managed_default_content_settings.javascript": if settings.scripts { 1 } else { 2 },
            "webkit.webprefs.default_font_size": settings.font_size,
        });
        let options = json!({ "binary": "/usr/bin/chromium", "args": arguments, "prefs": prefs });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "acceptInsecureCerts": true, "timeouts": { "implicit": 10_000, "script": 120_000 },
            "goog:loggingPrefs": { "browser": "ALL" }, "goog:chromeOptions": options } } });
        let session = browser.ask("POST", "/session", Some(&wanted));
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    /// One WebDriver command; its value.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let answer = read_answer(&mut stream);
        let value: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{method} {path}: {error}: {answer}"));
        let value = value["value"].clone();
        assert!(value.get("error").is_none(), "{method} {path}: {value}");
        value
    }

    pub fn command(&self, method: &str, path: &str, body: Value) -> Value {
        self.ask(method, &format!("/session/{}{path}", self.session), Some(&body).filter(|_| method == "POST"))
    }

    pub fn open(&self, url: &str) {
        self.command("POST", "/url", json!({ "url": url }));
    }

    pub fn size(&self, width: u32, height: u32) {
        // The device's own size, as a phone has it; a window cannot be made that narrow.
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.command("POST", "/goog/cdp/execute", json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }));
    }

    pub fn find(&self, css: &str) -> String {
        let found = self.command("POST", "/element", json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// By XPath.
    pub fn find_at(&self, path: &str) -> String {
        let found = self.command("POST", "/element", json!({ "using": "xpath", "value": path }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    pub fn find_link(&self, text: &str) -> String {
        let found = self.command("POST", "/element", json!({ "using": "partial link text", "value": text }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.command("POST", &format!("/element/{element}/value"), json!({ "text": text }));
    }

    /// Pressed one after the other, wherever the person is (WebDriver section 17.4.2 names keys without a character).
    pub fn keys(&self, text: &str) {
        let pressed: Vec<Value> =
            text.chars().flat_map(|key| ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key.to_string() }))).collect();
        self.command("POST", "/actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": pressed }] }));
    }

    pub fn click(&self, element: &str) {
        self.command("POST", &format!("/element/{element}/click"), json!({}));
    }

    /// What a person sees, as soon as there is something to see.
    pub fn text(&self) -> String {
        wait_for("text on the page", PATIENCE, || {
            let text = self.script("return document.body ? document.body.innerText : ''");
            text.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        })
    }

    /// Until the page shows these words. `who` is for the failure.
    pub fn sees(&self, who: &str, words: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if text.contains(words) {
                return;
            }
            let path = self.script("return location.pathname");
            assert!(Instant::now() < end, "{who}: never on the page {path}: {words}\n{text}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What a person sees in the frame of an HTML message.
    pub fn text_in_frame(&self) -> String {
        let frame = self.find("iframe");
        self.command("POST", "/frame", json!({ "id": { ELEMENT: frame } }));
        let text = self.text();
        self.command("POST", "/frame/parent", json!({}));
        text
    }

    pub fn script(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// The same for a script that calls its last argument with its value.
    pub fn script_async(&self, script: &str, arguments: &Value) -> Value {
        self.command("POST", "/execute/async", json!({ "script": script, "args": arguments }))
    }

    /// What the browser wrote to its console since the last look: errors of scripts, files that did not come, what the policy of a page
    /// forbade.
    pub fn console(&self) -> Vec<String> {
        let lines = self.command("POST", "/se/log", json!({ "type": "browser" }));
        let lines = lines.as_array().into_iter().flatten();
        lines
            .map(|line| format!("{} {}", line["level"].as_str().unwrap_or_default(), line["message"].as_str().unwrap_or_default()))
            .collect()
    }

    /// As if the person had asked for it in the settings: `prefers-color-scheme`, `forced-colors`, `prefers-reduced-motion`...
    pub fn prefers(&self, feature: &str, value: &str) {
        let media = json!({ "media": "", "features": [{ "name": feature, "value": value }] });
        self.command("POST", "/goog/cdp/execute", json!({ "cmd": "Emulation.setEmulatedMedia", "params": media }));
    }

    pub fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let base64 = self.command("GET", "/screenshot", json!({}));
        let png = decode_base64(base64.as_str().expect("a picture"));
        assert!(png.starts_with(b"\x89PNG"), "{name} is a PNG");
        fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }

    /// The page as it would be printed, as PDF.
    #[allow(dead_code, reason = "for looking at reports")]
    pub fn print(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let base64 = self.command("POST", "/print", json!({ "shrinkToFit": true }));
        let pdf = decode_base64(base64.as_str().expect("a PDF"));
        assert!(pdf.starts_with(b"%PDF"), "{name} is a PDF");
        let file = folder.join(format!("{name}.pdf"));
        fs::write(&file, pdf).unwrap();
        file
    }

    /// Forgets who is signed in.
    pub fn forget(&self) {
        self.command("DELETE", "/cookie", Value::Null);
    }

    /// Nothing sticks out to the side.
    pub fn fits(&self, what: &str) {
        let wide = self.script("return [document.documentElement.scrollWidth, window.innerWidth]");
        assert!(wide[0].as_u64() <= wide[1].as_u64(), "{what}: content is {} wide, the window {}", wide[0], wide[1]);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Not by `ask`: it panics, and this also runs while a failed test unwinds. Without it the browser would stay.
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = write!(stream, "DELETE /session/{} HTTP/1.1\r\nHost: {}\r\n\r\n", self.session, self.address);
            let _ = stream.read(&mut [0; 1024]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Body of an HTTP answer with a Content-Length. chromedriver keeps connections open in spite of `close`.
fn read_answer(stream: &mut TcpStream) -> String {
    let (mut raw, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        if let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&raw[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if length.is_some_and(|length| raw.len() >= end + 4 + length) {
                return String::from_utf8_lossy(&raw[end + 4..]).into_owned();
            }
        }
        let length = stream.read(&mut piece).expect("chromedriver answers");
        assert!(length > 0, "chromedriver closed: {}", String::from_utf8_lossy(&raw));
        raw.extend_from_slice(&piece[..length]);
    }
}

pub fn decode_base64(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for octet in text.bytes() {
        let six = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
