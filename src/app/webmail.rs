//! The webmail's link to the box: a snapshot for each request, and the intents carried out before the answer goes out.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::core::{Core, lock};
use super::drills::Mark;
use super::enrol::desk;
use super::marks::Marks;
use super::{acting, admins, metrics, status, submitting, unsent, verbs};
use crate::auth::Token;
use crate::continuity::Whose;
use crate::limits;
use crate::mail::Mailbox;
use crate::store::{Seq, StoreError};
use crate::web::{
    self, ADMIN_COOKIE, Context, Entrance, Intent, ModeView, PracticeLetter, Request, Response, SESSION_COOKIE, Submission, Texts,
};

/// Answers web requests.
pub struct Webmail {
    core: Arc<Core>,
    checks: Slots,
    marks: Arc<Marks>,
}

impl Webmail {
    pub fn new(core: Arc<Core>) -> Webmail {
        Webmail { core, checks: Slots::new(limits::PASSWORD_CHECKS_MAX), marks: Arc::default() }
    }

    /// Answers one request; waits for files and for the store.
    pub fn handle(&self, request: Request) -> Response {
        let core = &self.core;
        let now = core.now();
        let mode = core.mode();
        let (directory, credentials) = (core.directory(), core.credentials());
        let token = request.cookie(SESSION_COOKIE).map(|value| Token(value.to_owned()));
        let is_person = request.path != web::CHANGES_PATH;
        let session = token.and_then(|token| {
            let mut sessions = lock(&core.sessions);
            let session = if is_person { sessions.get(&token, now.mono) } else { sessions.look(&token, now.mono) };
            drop(sessions);
            session.map(|session| (token, session))
        });
        if let Some((_, session)) = session.as_ref().filter(|_| !request.is_reading_a_message()) {
            self.marks.wait(core, &session.mailbox);
        }
        let standing = session.as_ref().map_or_else(|| core.standing_of_everybody(), |(_, session)| core.standing_of(&session.mailbox));
        let admin_token = request.cookie(ADMIN_COOKIE).map(|value| Token(value.to_owned()));
        let admin_session = admin_token
            .and_then(|token| admins::session(core, &token, request.path != web::ADMIN_LIVE_PATH).map(|session| (token, session)));
        let own = admin_session.clone();
        let bearer = request.bearer().and_then(|token| admins::bearer(core, token, request.client));
        let mut random = [0; 64];
        if getrandom::fill(&mut random).is_err() {
            return web::refusal(503, web::Why::NoRandomNumbers, request.header("accept-language").unwrap_or_default());
        }
        let reader = session.as_ref().map(|(_, session)| session.mailbox.clone());
        let chosen = reader.as_ref().and_then(|mailbox| core.preferences_of(mailbox).language);
        let texts = Texts::wanted(&request, chosen.as_deref());
        let context = Context {
            now,
            hostname: &core.config.server.hostname,
            version: env!("CARGO_PKG_VERSION"),
            mode: ModeView { mode: mode.mode, since: mode.event.map_or(mode.since, |event| event.since) },
            standing,
            standing_of: &|mailbox| core.standing_of(mailbox),
            open_for_some: core.open_for_some(),
            handed_over: core.handed_over(),
            access: core.config.web.access,
            texts,
            was_signed_in: request.cookie(SESSION_COOKIE).is_some_and(|token| !token.is_empty()) && session.is_none(),
            sessions: &|mailbox| lock(&core.sessions).of(mailbox, now.mono),
            preferences: &|mailbox| core.preferences_of(mailbox),
            tls: core.config.web.tls,
            store: &core.store,
            directory: &directory,
            credentials: &credentials,
            session,
            login_allowed: &|mailbox| lock(&core.throttle).allows(request.client, mailbox, core.now().mono),
            check_password: &|mailbox, password| {
                let _slot = self.checks.take();
                core.lets_in(mailbox, password)
            },
            admin: Entrance {
                session: admin_session,
                login_allowed: &|name| lock(&core.admin_throttle).allows(request.client, Some(&name.to_owned()), core.now().mono),
                check: &|name, password, code| {
                    let _slot = self.checks.take();
                    admins::check(core, name, password, code)
                },
                bearer,
                change_own: &|change| {
                    let Some((token, session)) = &own else { return Err("Nobody is signed in.".to_owned()) };
                    let _slot = self.checks.take();
                    admins::change_own(core, &session.name, token, request.client, change)
                },
                totp_shown: &|| {
                    let (_, session) = own.as_ref()?;
                    let totp = core.totp.shown(&session.name)?;
                    Some((totp.readable(), totp.uri(&core.config.server.hostname, &session.name)))
                },
                setup_open: &|token| admins::setup_open(core, token, request.client),
                set_up: &|token, name, password| {
                    let _slot = self.checks.take();
                    admins::set_up(core, token, name, password, request.client)
                },
            },
            execute: &|verb| verbs::execute(core, verb),
            enrol: &**core,
            desk: self,
            practice: &|| practice(core, reader.as_ref()),
            done: &|id| lock(&core.deeds).of(reader.as_ref()?, id),
            random,
            status: &|| serde_json::to_value(status::status(core)).unwrap_or_default(),
            metrics: &|| metrics::metrics(core),
            authority: &|| core.identity.get()?.authority(),
            ready: status::is_ready(core),
        };
        let outcome = web::respond(&request, &context);
        for intent in outcome.intents {
            if let Err((error, typed)) = self.carry_out(intent, &request) {
                log::error!("web client={} intent failed: {error}", request.client);
                return web::failure(texts, matches!(error, StoreError::Full), typed.as_deref());
            }
        }
        outcome.response
    }

    pub(super) fn carry_out(&self, intent: Intent, request: &Request) -> Result<(), (StoreError, Option<String>)> {
        let core = &self.core;
        let now = core.now();
        let Some(intent) = admins::carry_out(core, intent, request.client) else { return Ok(()) };
        match intent {
            Intent::SignIn { token, csrf, mailbox } => {
                lock(&core.throttle).succeeded(request.client, &mailbox);
                core.audit(&format!("web:{mailbox}"), "sign-in", format!("client={}", request.client));
                lock(&core.sessions).open(token, csrf, mailbox.clone(), now.mono);
                if core.standing_of(&mailbox).whose == Whose::Drill {
                    core.note_drill(&mailbox, Mark::SignedIn);
                }
                Ok(())
            }
            Intent::LoginFailed { mailbox } => {
                log::warn!("web login-failed client={} mailbox={}", request.client, mailbox.as_ref().map_or("-", Mailbox::as_str));
                lock(&core.throttle).failed(request.client, mailbox.as_ref(), now.mono);
                Ok(())
            }
            Intent::SignOutEverywhere { mailbox } => {
                core.audit(&format!("web:{mailbox}"), "sign-out-everywhere", format!("client={}", request.client));
                lock(&core.sessions).close_all_of(&mailbox);
                Ok(())
            }
            Intent::Prefer { mailbox, preferences } => core.note_preferences(mailbox, *preferences).map_err(|error| (error, None)),
            Intent::SignOut { token } => {
                lock(&core.sessions).close(&token);
                Ok(())
            }
            Intent::EnrolGive { mailbox, email, phone } => desk::give(core, &mailbox, email, phone).map_err(|error| (error, None)),
            Intent::EnrolConfirm { mailbox, email } => desk::confirm(core, &mailbox, email).map_err(|error| (error, None)),
            Intent::Seen { mailbox, message } => {
                self.marks.seen(core, mailbox, message);
                Ok(())
            }
            Intent::Act(act) => acting::carry_out(core, *act).map_err(|error| (error, None)),
            Intent::Looked { mailbox } => {
                core.note_drill(&mailbox, Mark::Opened);
                Ok(())
            }
            Intent::Practise(submission) => {
                self.practise(*submission);
                Ok(())
            }
            Intent::Submit(submission) => {
                let typed = submission.typed.clone();
                submitting::submit(core, *submission).map(drop).map_err(|error| (error, Some(typed)))
            }
            Intent::KeepDraft(submission) => {
                let typed = submission.typed.clone();
                submitting::keep_draft(core, *submission).map(drop).map_err(|error| (error, Some(typed)))
            }
            Intent::Discard { mailbox, draft } => submitting::discard(core, mailbox, draft).map_err(|error| (error, None)),
            // Those of the admin's place are done.
            _ => Ok(()),
        }
    }

    /// Into the sandbox of the drill, and nowhere else: the store is not touched. If the drill ended at this very moment, it is gone with it.
    fn practise(&self, submission: Submission) {
        let (core, mailbox) = (&self.core, submission.mailbox);
        let to = submission.recipients.iter().map(ToString::to_string).collect();
        // One octet more than is kept tells that it is too long.
        match submission.message.head(limits::PRACTICE_LETTER_MAX_OCTETS + 1) {
            Ok(message) => core.keep_practice(&mailbox, PracticeLetter { number: 0, at: core.now().wall, to, message, cut: false }),
            Err(error) => log::warn!("web practice letter not kept: {error}"),
        }
        core.note_drill(&mailbox, Mark::Replied);
    }
}

impl web::Desk for Webmail {
    fn keep(&self, draft: Submission) -> Result<Seq, StoreError> {
        submitting::keep_draft(&self.core, draft)
    }

    fn unsent(&self, mailbox: &Mailbox) -> Vec<web::Unsent> {
        self.core.unsent.of(mailbox, self.core.now().mono)
    }

    fn take_back(&self, mailbox: &Mailbox, message: Seq) -> Result<Option<Seq>, StoreError> {
        unsent::take_back(&self.core, mailbox, message)
    }
}

/// What this reader wrote in the drill.
fn practice(core: &Core, reader: Option<&Mailbox>) -> Vec<Arc<PracticeLetter>> {
    reader.map(|mailbox| core.practice_of(mailbox)).unwrap_or_default()
}

/// A few slots for work that takes much memory.
struct Slots {
    free: Mutex<usize>,
    changed: Condvar,
}

struct Slot<'a>(&'a Slots);

impl Slots {
    fn new(count: usize) -> Slots {
        Slots { free: Mutex::new(count), changed: Condvar::new() }
    }

    fn take(&self) -> Slot<'_> {
        let mut free = self.changed.wait_while(lock(&self.free), |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::admin_verbs;
    use crate::app::testing::World;
    use crate::auth::Role;

    /// The page as this role sees it, with data as the box has them.
    fn page(world: &World, role: Role, path: &str, query: &str) -> Response {
        let core = &world.core;
        let name = role.to_string();
        admin_verbs::password(core, &name, Some(role), None, "cli:root");
        lock(&core.admin_sessions).open(Token(name.clone()), "c".to_owned(), &name, role, core.now().mono);
        let request = Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("cookie".to_owned(), format!("{ADMIN_COOKIE}={name}"))],
            body: vec![].into(),
            client: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        };
        Webmail::new(core.clone()).handle(request)
    }

    #[test]
    fn pages_of_the_admins_place_understand_what_the_verbs_answer() {
        let world = World::new();
        world.queued_for("ann");
        let check = |role, path, query, expected| {
            let response = page(&world, role, path, query);
            let text = String::from_utf8_lossy(&response.body.bytes().unwrap()).into_owned();
            assert_eq!(response.status, 200, "{path}?{query} {role}: {text}");
            assert!(text.contains(expected), "{path}?{query} {role}: {text}");
        };
        for role in [Role::Admin, Role::Helpdesk] {
            check(role, "/admin/people", "", "ann@example.com");
            check(role, "/admin/trace", "to=ann", "ann@example.com");
            check(role, "/admin/queue", "", "ann@example.com");
        }
        check(Role::Auditor, "/admin/trace", "to=ann", "ann@example.com");
        // The other way round would find the auditor's own lines alone.
        check(Role::Auditor, "/admin/audit", "by=cli%3Aroot", "cli:root");
    }
}
