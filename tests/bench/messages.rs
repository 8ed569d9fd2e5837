//! Messages like an office's: words, and attachments in base64. The same in each run.

/// Header and body with line feeds, about `octets` long. Above 16 KiB most of it is an attachment.
pub fn message(random: &mut fastrand::Rng, number: usize, octets: usize) -> String {
    let mut text = format!(
        "From: Bench <bench@outside.example>\nTo: ann@example.com\nSubject: {}\nMessage-ID: <{number}.{:x}@outside.example>\nDate: Tue, 3 Mar 2026 09:15:02 +0000\n\
         MIME-Version: 1.0\n",
        words(random, 40).trim_end().replace('\n', " "),
        random.u64(..)
    );
    if octets <= 16 * 1024 {
        text += "Content-Type: text/plain; charset=us-ascii\n\n";
        text += &words(random, octets.saturating_sub(text.len()));
        return text;
    }
    text += "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n";
    text += &words(random, 2000);
    text += "\n--b\nContent-Type: application/pdf; name=report.pdf\nContent-Transfer-Encoding: base64\n\n";
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while text.len() + 8 < octets {
        let line = (octets - text.len() - 7).min(76);
        (0..line).for_each(|_| text.push(ALPHABET[random.usize(..64)] as char));
        text.push('\n');
    }
    text + "--b--\n"
}

/// Made-up words, common ones more often, in lines below 80 octets.
pub fn words(random: &mut fastrand::Rng, octets: usize) -> String {
    let (mut text, mut line) = (String::new(), 0);
    while text.len() + 12 < octets {
        // The square makes small numbers frequent, as in a language.
        let word = word((random.f64() * random.f64() * 20_000.0) as usize);
        line += word.len() + 1;
        text += &word;
        text.push(if line > 64 { '\n' } else { ' ' });
        line = if line > 64 { 0 } else { line };
    }
    text.push('\n');
    text
}

/// A word for each number.
pub fn word(mut number: usize) -> String {
    const SYLLABLES: [&str; 20] =
        ["ba", "co", "di", "fu", "ge", "ha", "jo", "ki", "lu", "me", "na", "po", "qui", "ro", "su", "ta", "ve", "wo", "xi", "zu"];
    let mut word = String::new();
    loop {
        word += SYLLABLES[number % 20];
        number /= 20;
        if number == 0 {
            return word;
        }
    }
}
