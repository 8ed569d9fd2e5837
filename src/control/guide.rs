//! The set-up guide with the office's own names in it: each step in words, what to paste into the Exchange Management Shell, and how to undo it. Pure.
//!
//! `lifeboat guide` prints it, `/admin/guide` shows it. Cmdlets and parameters are those of Exchange Server 2016 and 2019; they were not run against one.

use serde::{Deserialize, Serialize};

/// The office, as far as the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Of the box.
    pub hostname: String,
    /// Of the box, as Exchange sees it; None if it cannot be told.
    pub address: Option<String>,
    /// At least one.
    pub domains: Vec<String>,
    /// Host and port of Exchange.
    pub primary: String,
    /// Where journal reports go.
    pub journal: Option<String>,
    pub canary: Option<String>,
    pub certificate: Certificate,
}

/// What people's browsers are to believe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The web pages have no TLS.
    Off,
    Given,
    /// The box's own, signed by an authority of this name, whose certificate lies in this file.
    SelfMade {
        authority: String,
        file: String,
    },
}

/// One step. Texts are plain, one paragraph each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub title: String,
    pub text: Vec<String>,
    /// For the Exchange Management Shell.
    pub shell: Vec<String>,
    /// For the same, in this order.
    pub undo: Vec<String>,
    /// For lifeboat.toml.
    pub settings: Vec<String>,
}

impl Step {
    fn new<const N: usize>(title: &str, text: [String; N]) -> Step {
        Step { title: title.to_owned(), text: text.to_vec(), shell: Vec::new(), undo: Vec::new(), settings: Vec::new() }
    }

    fn shell<const N: usize>(mut self, lines: [String; N]) -> Step {
        self.shell = lines.to_vec();
        self
    }

    fn undo<const N: usize>(mut self, lines: [&str; N]) -> Step {
        self.undo = lines.map(str::to_owned).to_vec();
        self
    }

    fn settings<const N: usize>(mut self, lines: [String; N]) -> Step {
        self.settings = lines.to_vec();
        self
    }
}

/// All steps in order.
pub fn steps(office: &Office) -> Vec<Step> {
    vec![
        mail_path(office),
        names(office),
        firewall(office),
        certificate(office),
        into_exchange(office),
        written_here(office),
        out_of_exchange(office),
        journal(office),
        canary(office),
        test_plan(office),
        leaving(),
    ]
}

fn address(office: &Office) -> &str {
    office.address.as_deref().unwrap_or("ADDRESS-OF-THE-BOX")
}

fn mail_path(office: &Office) -> Step {
    let hostname = &office.hostname;
    Step::new(
        "Choose how mail comes in",
        [
            format!(
                "Usual: the first MX (preference 10) leads to {hostname}, a second one (preference 20) to Exchange itself. All mail passes the box while both run; if the box \
                 dies, senders go on to Exchange by themselves, so a dead box stops nothing."
            ),
            format!(
                "Careful: the first MX stays Exchange, {hostname} is the second (20). The box takes mail only when Exchange does not answer, and knows older mail by journal \
                 reports alone (then use -Scope Global in the step about journaling). Nothing changes for your mail until the day of the outage."
            ),
            "With a filter of a provider before Exchange: let the filter deliver to the box first, and to Exchange second.".to_owned(),
        ],
    )
}

fn names(office: &Office) -> Step {
    let (hostname, ip) = (&office.hostname, address(office));
    let domains = office.domains.join(", ");
    Step::new(
        "Names",
        [
            format!("In the office's DNS: an A record {hostname} that leads to {ip}. People type this name when mail is down."),
            format!(
                "In the public DNS: an A record {hostname} with the office's outside address, and the MX records of {domains} as chosen above, with a TTL of an hour until everything works."
            ),
            "If the box sends to the outside directly: its outside address in the SPF record, and a PTR record at your internet provider."
                .to_owned(),
            "To undo it: put the MX records back as they were. Wait for their TTL before the box goes.".to_owned(),
        ],
    )
}

fn firewall(office: &Office) -> Step {
    let (ip, primary) = (address(office), &office.primary);
    Step::new(
        "Firewall",
        [
            format!(
                "From the internet: port 25 to {ip}, and nothing else. The webmail is for the LAN: do not open port 443 to the internet."
            ),
            format!(
                "From the box: {primary}, Exchange's port 443 if you name health pages, your provider's server (587 or 465), DNS (53), time (123)."
            ),
            format!("From the LAN: ports 443 and 80 of {ip}. From Exchange: port 25 of {ip}."),
        ],
    )
}

fn certificate(office: &Office) -> Step {
    let hostname = &office.hostname;
    let title = "Certificate";
    let (authority, file) = match &office.certificate {
        Certificate::Off => {
            let text = format!(
                "web.tls is off: nothing is to do here. Whatever stands before the box needs a certificate for {hostname} that browsers trust."
            );
            return Step::new(title, [text]);
        }
        Certificate::Given => {
            let text = format!("web.certificate is set: nothing is to do, as long as people's browsers trust it for {hostname}.");
            return Step::new(title, [text]);
        }
        Certificate::SelfMade { authority, file } => (authority, file),
    };
    Step::new(
        title,
        [
            format!(
                "The box makes its certificate itself. So that browsers do not warn people, let the office's machines trust the authority that signs it: \
                 https://{hostname}/ca.crt, on the box {file}. Its fingerprint is at the end of the admin's page Settings. It can sign for {hostname} and names \
                 below it, localhost, private addresses and the box's own, and for nothing else."
            ),
            "All machines by group policy: Computer Configuration > Windows Settings > Security Settings > Public Key Policies > Trusted Root Certification Authorities > Import. \
             One Windows machine, as administrator: `certutil -addstore -f Root lifeboat-ca.crt`. Firefox takes over what Windows trusts."
                .to_owned(),
            "A new server.hostname makes a new authority, and after eight or nine years it is replaced: the box raises an alarm then. A group policy is undone where it \
             was made; on one machine the line below does it."
                .to_owned(),
        ],
    )
    .undo([&format!("certutil -delstore Root \"{authority}\"")])
}

fn into_exchange(office: &Office) -> Step {
    let ip = address(office);
    Step::new(
        "Let the box into Exchange",
        [
            "A receive connector for the box alone: without tarpits and with room for the hand-over after an outage. It takes mail for your own domains only, as from anybody else.".to_owned(),
        ],
    )
    .shell([
        format!("New-ReceiveConnector -Name \"Lifeboat\" -Server $env:COMPUTERNAME -TransportRole FrontendTransport -Usage Custom -Bindings 0.0.0.0:25 -RemoteIPRanges {ip} -AuthMechanism Tls -PermissionGroups AnonymousUsers"),
        "Set-ReceiveConnector \"$env:COMPUTERNAME\\Lifeboat\" -TarpitInterval 00:00:00 -MaxInboundConnectionPerSource 40 -MaxInboundConnectionPercentagePerSource 100 -MaxMessageSize 50MB".to_owned(),
    ])
    .undo(["Remove-ReceiveConnector \"$env:COMPUTERNAME\\Lifeboat\""])
}

fn written_here(office: &Office) -> Step {
    let (ip, host) = (address(office), office.primary.split(':').next().unwrap_or_default());
    Step::new(
        "What people wrote in the webmail",
        [
            "After an outage the box brings people what they wrote. A second connector that trusts the box keeps the spam filter from judging it. It may send as anybody, so it is open for the box's address only.".to_owned(),
        ],
    )
    .shell([format!(
        "New-ReceiveConnector -Name \"Lifeboat trusted\" -Server $env:COMPUTERNAME -TransportRole HubTransport -Usage Custom -Bindings 0.0.0.0:2526 -RemoteIPRanges {ip} -AuthMechanism ExternalAuthoritative -PermissionGroups ExchangeServers"
    )])
    .undo(["Remove-ReceiveConnector \"$env:COMPUTERNAME\\Lifeboat trusted\""])
    .settings(["[primary]".to_owned(), format!("smtp_submit = \"{host}:2526\"")])
}

fn out_of_exchange(office: &Office) -> Step {
    let ip = address(office);
    Step::new(
        "Mail that goes out",
        [
            "Optional: Exchange sends to the outside through the box, which keeps a copy in each sender's Sent folder. Your present send connector stays as the second way, for when the box is off.".to_owned(),
            "The box sends on by its own smart host (outbound.smarthost): set it first, and see that Exchange's address is in smtp.trusted.".to_owned(),
        ],
    )
    .shell([
        "Get-SendConnector | Format-Table Name, AddressSpaces    # note the name of the present one".to_owned(),
        "Set-SendConnector \"NAME OF THE PRESENT ONE\" -AddressSpaces \"SMTP:*;10\"".to_owned(),
        format!("New-SendConnector -Name \"Lifeboat out\" -Usage Custom -AddressSpaces \"SMTP:*;1\" -DNSRoutingEnabled $false -SmartHosts \"[{ip}]\" -SmartHostAuthMechanism None"),
    ])
    .undo(["Remove-SendConnector \"Lifeboat out\"", "Set-SendConnector \"NAME OF THE PRESENT ONE\" -AddressSpaces \"SMTP:*;1\""])
}

fn journal(office: &Office) -> Step {
    let Some(journal) = &office.journal else {
        return Step::new(
            "Mail between colleagues",
            ["primary.journal is empty, so no journal reports are taken: mail between colleagues will be missing in an outage.".to_owned()],
        );
    };
    let (hostname, ip) = (&office.hostname, address(office));
    Step::new(
        "Mail between colleagues",
        [
            "It never leaves Exchange, so the box sees it only by journaling. Premium journaling (a rule) needs an Exchange Enterprise CAL; journaling of a whole database (Set-MailboxDatabase -JournalRecipient) does not.".to_owned(),
            "Reports are filed for those who sent and got the message, and never sent on. They hold everybody's mail: the box is as confidential as Exchange.".to_owned(),
        ],
    )
    .shell([
        format!("New-MailContact -Name \"Lifeboat journal\" -ExternalEmailAddress {journal}"),
        "Set-MailContact \"Lifeboat journal\" -HiddenFromAddressListsEnabled $true".to_owned(),
        format!("New-RemoteDomain -Name \"Lifeboat\" -DomainName {hostname}"),
        "Set-RemoteDomain \"Lifeboat\" -AutoForwardEnabled $true -TNEFEnabled $false".to_owned(),
        format!("New-SendConnector -Name \"Lifeboat journal\" -Usage Custom -AddressSpaces \"{hostname}\" -DNSRoutingEnabled $false -SmartHosts \"[{ip}]\" -SmartHostAuthMechanism None"),
        format!("New-JournalRule -Name \"Lifeboat\" -JournalEmailAddress {journal} -Scope Internal -Enabled $true"),
    ])
    .undo([
        "Remove-JournalRule \"Lifeboat\"",
        "Remove-SendConnector \"Lifeboat journal\"",
        "Remove-RemoteDomain \"Lifeboat\"",
        "Remove-MailContact \"Lifeboat journal\"",
    ])
}

fn canary(office: &Office) -> Step {
    let domain = office.domains.first().map_or("example.com", String::as_str);
    let canary = office.canary.clone().unwrap_or_else(|| format!("lifeboat-canary@{domain}"));
    let hostname = &office.hostname;
    Step::new(
        "A canary",
        [
            "A mailbox that each probe asks for, so that an Exchange that greets but has lost its directory is noticed.".to_owned(),
            "If a small message shall go through it every ten minutes and come back (canary.end_to_end), the last two lines send it home."
                .to_owned(),
        ],
    )
    .shell([
        format!("New-Mailbox -Shared -Name \"Lifeboat canary\" -PrimarySmtpAddress {canary}"),
        "Set-Mailbox \"Lifeboat canary\" -HiddenFromAddressListsEnabled $true".to_owned(),
        format!("New-MailContact -Name \"Lifeboat canary return\" -ExternalEmailAddress canary-return@{hostname}"),
        "Set-Mailbox \"Lifeboat canary\" -ForwardingAddress \"Lifeboat canary return\" -DeliverToMailboxAndForward $false".to_owned(),
    ])
    .undo(["Remove-Mailbox \"Lifeboat canary\"", "Remove-MailContact \"Lifeboat canary return\""])
    .settings(["[primary]".to_owned(), format!("canary = \"{canary}\"")])
}

fn test_plan(office: &Office) -> Step {
    let hostname = &office.hostname;
    Step::new(
        "Try it",
        [
            "1. `lifeboat doctor`: nothing may be BAD.".to_owned(),
            "2. Write from outside to yourself, from yourself to the outside, and to a colleague. `lifeboat trace --last 1h` shows each with what became of it.".to_owned(),
            "3. A drill with two people: `lifeboat event drill --mailbox ADDRESS --mailbox ADDRESS`. It touches no mail.".to_owned(),
            format!(
                "4. On an evening, tell two people, then stop Exchange's transport: Stop-Service MSExchangeFrontEndTransport, MSExchangeTransport. Within 20 seconds `lifeboat status` \
                 says CONTINUITY. Write from outside, sign in at https://{hostname}/, read it and answer. Start the services again: after half a minute the hand-over begins, and \
                 the mail is in Outlook. `lifeboat event list` and `event show ID` prove that nothing was lost."
            ),
            "5. Switch the box off for a minute: mail must still reach Exchange, by the second MX.".to_owned(),
        ],
    )
    .undo(["Start-Service MSExchangeTransport, MSExchangeFrontEndTransport"])
}

fn leaving() -> Step {
    Step::new(
        "Taking the box out again",
        [
            "First the MX records, then wait for their TTL. Then the undo lines of the steps above, from the last to the first.".to_owned(),
            "When `lifeboat queue list` is empty, the box can be switched off: Exchange has everything.".to_owned(),
        ],
    )
}

/// For a terminal.
pub fn to_text(office: &Office) -> String {
    let mut text = String::new();
    for (number, step) in steps(office).iter().enumerate() {
        text += &format!("{}. {}\n", number + 1, step.title);
        for paragraph in &step.text {
            text += &format!("   {paragraph}\n");
        }
        for (title, lines) in
            [("In the Exchange Management Shell:", &step.shell), ("In lifeboat.toml:", &step.settings), ("To undo it:", &step.undo)]
        {
            if !lines.is_empty() {
                text += &format!("   {title}\n");
                lines.iter().for_each(|line| text += &format!("       {line}\n"));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
impl Office {
    /// For tests and made-up pages.
    pub fn example() -> Office {
        Office {
            hostname: "lifeboat.example.com".to_owned(),
            address: Some("192.0.2.20".to_owned()),
            domains: vec!["example.com".to_owned()],
            primary: "mail.example.com:25".to_owned(),
            journal: Some("journal@lifeboat.example.com".to_owned()),
            canary: None,
            certificate: Certificate::SelfMade {
                authority: "Lifeboat lifeboat.example.com".to_owned(),
                file: "/var/lib/lifeboat/tls/ca.pem".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What makes something can be undone, by its name.
    #[test]
    fn whatever_is_made_can_be_undone() {
        for step in steps(&Office::example()) {
            for line in &step.shell {
                let Some(made) = line.strip_prefix("New-") else { continue };
                let (what, rest) = made.split_once(" -").unwrap();
                let name = rest.split('"').nth(1).unwrap();
                let found = step
                    .undo
                    .iter()
                    .any(|undo| undo.starts_with(&format!("Remove-{}", what.split(' ').next().unwrap())) && undo.contains(name));
                assert!(found, "{line}: {:?}", step.undo);
            }
        }
    }

    #[test]
    fn the_offices_own_names_are_in_it() {
        let text = to_text(&Office::example());
        for wanted in [
            "-RemoteIPRanges 192.0.2.20",
            "journal@lifeboat.example.com",
            "mail.example.com:2526",
            "lifeboat-canary@example.com",
            "[192.0.2.20]",
            "https://lifeboat.example.com/ca.crt",
            "certutil -delstore Root \"Lifeboat lifeboat.example.com\"",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        let unknown = to_text(&Office { address: None, journal: None, certificate: Certificate::Given, ..Office::example() });
        assert!(unknown.contains("ADDRESS-OF-THE-BOX") && unknown.contains("no journal reports are taken"), "{unknown}");
        assert!(unknown.contains("web.certificate is set") && !unknown.contains("ca.crt"), "{unknown}");
        let off = to_text(&Office { certificate: Certificate::Off, ..Office::example() });
        assert!(off.contains("web.tls is off") && !off.contains("ca.crt") && !off.contains("certutil"), "{off}");
    }
}
