//! The stand-ins and the outside senders against each other, over loopback.

use std::sync::Arc;

use super::compare;
use super::folder::Folder;
use super::outside::{Outside, Parcel};
use super::people;
use super::sample;
use super::stand_in::{Setup, StandIn};
use crate::clock::{Clock, SystemClock};
use crate::mail::Address;
use crate::net::https_client::Client;
use crate::net::rt;

fn start(folder: &Folder, clock: &Arc<dyn Clock>) -> StandIn {
    let setup = Setup {
        hostname: "standin.example.com",
        address: [127, 0, 0, 2].into(),
        known: Some(people::known_addresses()),
        health_page: true,
        folder: folder.path().to_owned(),
    };
    StandIn::start(setup, clock.clone()).unwrap()
}

#[test]
fn a_stand_in_takes_dies_and_comes_back() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let folder = Folder::new().unwrap();
    let mut primary = start(&folder, &clock);
    let outside = Outside::new(primary.smtp_address(), clock.clone());
    let parcels = sample::parcels(clock.now().wall).unwrap();
    rt::block_on(async {
        let mut accepted = Vec::new();
        for parcel in &parcels {
            accepted.extend(outside.send(parcel).await.unwrap().pairs);
        }
        let proof = compare::prove(&accepted, &primary.kept());
        assert_eq!((proof.delivered, proof.lost.len(), proof.duplicated), (accepted.len(), 0, 0));

        let page = primary.page_address().unwrap();
        let health = || async { Client::http(page).get("/owa/healthcheck.htm").await };
        assert!(health().await.unwrap().text().starts_with("200 OK"));

        primary.pull_plug().await;
        assert!(std::net::TcpStream::connect(primary.smtp_address()).is_err(), "the port refuses");
        assert!(health().await.is_err(), "the health page is gone, too");

        primary.plug_in().await.unwrap();
        assert!(health().await.is_ok());
        assert_eq!(primary.kept_len(), parcels.len(), "mailboxes are kept");
        outside.send(&parcels[0]).await.unwrap();
        assert_eq!(compare::prove(&accepted, &primary.kept()).duplicated, parcels[0].to.len());
    });
}

#[test]
fn an_unknown_person_is_refused_for_good() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let folder = Folder::new().unwrap();
    let primary = start(&folder, &clock);
    let address = |text: &str| Address::parse(text).unwrap();
    let parcel = Parcel {
        id: "unknown".to_owned(),
        from: address("out@outside.example"),
        to: vec![address("nobody@example.com")],
        bytes: Arc::from(*b"Subject: x\r\n\r\n"),
    };
    let outcome = rt::block_on(Outside::new(primary.smtp_address(), clock).send(&parcel));
    assert!(outcome.unwrap_err().contains("550 5.1.1"));
}
