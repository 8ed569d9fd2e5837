// Looks again every five seconds and replaces what is different. Without it the page works all the same.
"use strict";
(() => {
	const live = document.getElementById("live");
	const note = document.getElementById("live-note");
	if (!live || !note) return;
	const again = () => setTimeout(look, document.hidden ? 15000 : 5000);
	const say = (text) => { if (note.textContent !== text) note.textContent = text; };
	async function look() {
		try {
			const answer = await fetch("/admin/live", { cache: "no-store", redirect: "manual", credentials: "same-origin" });
			// Signed out: the page itself leads to where one signs in.
			if (answer.type === "opaqueredirect") { location.reload(); return; }
			if (!answer.ok) throw new Error(String(answer.status));
			const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
			const mode = fresh.getElementById("live-mode");
			// What can be done is something else now; but nobody loses what they are typing.
			const typing = document.activeElement && document.activeElement.tagName === "INPUT";
			if (mode && !typing && mode.dataset.buttons !== live.dataset.buttons) {
				location.reload();
				return;
			}
			for (const part of fresh.querySelectorAll("[id^='live-']")) {
				const old = document.getElementById(part.id);
				if (old && old.outerHTML !== part.outerHTML && !old.contains(document.activeElement)) old.replaceWith(part);
			}
			say("This page looks again by itself.");
		} catch (error) {
			say("This page could not look again: the box, or the way to it, does not answer. It goes on trying.");
		}
		again();
	}
	again();
})();
