//! Drills and real outages.

use super::tests::check;

#[test]
fn nobody_practises_while_it_is_real() {
    check("drill smtp-down*3", "drill>open >suspect >continuity drill>over");
    check("drill start", "drill>open >continuity drill>over");
    check("start drill", ">continuity");
    check("smtp-down drill smtp-healthy end-scope drill", ">suspect drill>open >normal drill>over drill>open");
    check("drill drill end-scope", "drill>open drill>over");
    // Crashed between the change of mode and the end of the drill.
    check("drill restart start restart tick", "drill>open >continuity drill>over");
}
