// Keyboard, ticking of many, and new mail by itself. Without it the pages work all the same.
"use strict";
(() => {
	const quiet = document.currentScript && document.currentScript.dataset.keys === "off";
	const $ = (selector, within) => (within || document).querySelector(selector);
	const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));
	const list = $("form.list");
	const rows = () => all("ol.mails > li.mail");
	const box = (row) => $("input[name=m]", row);
	const stored = (key, value) => {
		try {
			if (value === undefined) return localStorage.getItem(key);
			localStorage.setItem(key, value);
		} catch (error) { /* Not kept, then. */ }
		return null;
	};

	// ---- Ticking ----
	let last = null;
	function tickable() {
		const which = list && $("select[name=which]", list);
		if (!which) return;
		const label = document.createElement("label");
		// Of the same class as the choice: it is there when nothing is ticked.
		label.className = "pick every which";
		const every = document.createElement("input");
		every.type = "checkbox";
		every.setAttribute("aria-label", which.options[1].text);
		label.append(every);
		which.before(label);
		const show = () => {
			const boxes = all("input[name=m]", list);
			const count = boxes.filter((one) => one.checked).length;
			every.checked = count > 0 && count === boxes.length;
			every.indeterminate = count > 0 && count < boxes.length;
			list.classList.toggle("ticked", count > 0);
		};
		every.addEventListener("change", () => {
			all("input[name=m]", list).forEach((one) => { one.checked = every.checked; });
			show();
		});
		list.addEventListener("click", (event) => {
			const one = event.target;
			if (one.name !== "m") return;
			const boxes = all("input[name=m]", list);
			if (event.shiftKey && last && boxes.includes(last)) {
				const [from, to] = [boxes.indexOf(last), boxes.indexOf(one)].sort((a, b) => a - b);
				boxes.slice(from, to + 1).forEach((other) => { other.checked = one.checked; });
			}
			last = one;
		});
		list.addEventListener("change", show);
		// Ticked before the browser went back here.
		setTimeout(show, 0);
	}

	// ---- Keys ----
	const current = () => {
		const row = document.activeElement && document.activeElement.closest("li.mail");
		return row && $("a", row) ? row : null;
	};
	const follow = (selector) => {
		const link = $(selector);
		if (link) link.click();
		return !!link;
	};
	function step(by) {
		const lines = rows();
		const at = lines.indexOf(current());
		const next = lines[at < 0 ? (by > 0 ? 0 : -1) : at + by];
		if (!next) return false;
		$("a", next).focus();
		next.scrollIntoView({ block: "nearest" });
		return true;
	}
	function act(wish) {
		if (!list) return follow("div.acts button[value=" + wish + "]");
		const button = $("button[name=do][value=" + wish + "]", list);
		if (!button) return false;
		if (!all("input[name=m]:checked", list).length) {
			const row = current();
			if (!row || !box(row)) return false;
			$("select[name=which]", list).value = "";
			box(row).checked = true;
		}
		button.click();
		return true;
	}
	function tick() {
		const row = current();
		if (!row || !box(row)) return false;
		box(row).click();
		return true;
	}
	function flag() {
		const row = current();
		const star = row && $(".star", row);
		if (star) star.click();
		return star || (!list && (act("flag") || act("unflag")));
	}
	const go = { i: "inbox", s: "sent", d: "drafts", a: "archive", t: "deleted", j: "junk" };
	const keys = {
		j: () => step(1),
		k: () => step(-1),
		o: () => { const row = current(); if (row) $("a", row).click(); return row; },
		u: () => follow(".back a") || follow("nav.folders [aria-current]"),
		r: () => follow("a[href^='/mail/reply/']:not([href*='all='])"),
		a: () => follow("a[href^='/mail/reply/'][href*='all=']"),
		f: () => follow("a[href^='/mail/forward/']"),
		e: () => act("archive"),
		"#": () => act("delete"),
		Delete: () => act("delete"),
		"!": () => act("junk"),
		s: flag,
		U: () => act("unread"),
		I: () => act("read"),
		x: tick,
		"/": () => { const field = $("#search"); if (field) field.focus(); return field; },
		c: () => follow("a[href='/mail/new']"),
		z: () => follow("button#undo, #unsent button"),
		"?": () => { help(); return true; },
	};
	let going = 0;
	document.addEventListener("keydown", (event) => {
		const where = event.target;
		if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || quiet || stored("keys") === "off") return;
		if (where.closest("textarea, select, dialog[open], [contenteditable], input:not([type=checkbox])")) return;
		let done;
		if (Date.now() - going < 1500 && go[event.key]) {
			location.href = "/mail/" + go[event.key];
			done = true;
		} else if (event.key === "g") {
			going = Date.now();
			return;
		} else if (Object.prototype.hasOwnProperty.call(keys, event.key)) {
			done = keys[event.key]();
		}
		going = 0;
		if (done) event.preventDefault();
	});

	// The list of keys is a page of its own; here it opens above this one.
	async function help() {
		const old = $("#keys-dialog");
		if (old) { old.showModal(); return; }
		const dialog = document.createElement("dialog");
		if (!dialog.showModal) { location.href = "/mail/keys"; return; }
		const fresh = await page("/mail/keys");
		const part = fresh && $("#keys", fresh);
		if (!part) { location.href = "/mail/keys"; return; }
		dialog.id = "keys-dialog";
		dialog.append(document.adoptNode(part));
		const close = document.createElement("form");
		close.method = "dialog";
		const button = document.createElement("button");
		button.textContent = part.dataset.close;
		close.append(button);
		dialog.append(close);
		document.body.append(dialog);
		dialog.setAttribute("aria-labelledby", "keys-title");
		toggle(dialog);
		dialog.showModal();
	}
	// A person who speaks to the machine, or types with a stick, turns single keys off.
	function toggle(within) {
		const row = $("#keys-switch", within);
		if (!row) return;
		const input = $("input", row);
		row.hidden = false;
		input.checked = stored("keys") !== "off";
		input.addEventListener("change", () => stored("keys", input.checked ? "on" : "off"));
	}

	// ---- New mail ----
	async function page(path) {
		const answer = await fetch(path, { cache: "no-store", redirect: "manual", credentials: "same-origin" });
		// Signed out, or closed: the page itself leads to where this is told.
		if (answer.type === "opaqueredirect" || answer.status === 403) { location.reload(); return null; }
		if (!answer.ok) throw new Error(String(answer.status));
		return new DOMParser().parseFromString(await answer.text(), "text/html");
	}
	const live = $("#live");
	const idOf = (row) => $("a", row).getAttribute("href");
	function merge(fresh) {
		const ol = $("ol.mails");
		const shown = new Map(rows().map((row) => [idOf(row), row]));
		let before = null;
		for (const row of all("li.mail", fresh).reverse()) {
			const old = shown.get(idOf(row));
			if (old) {
				old.classList.toggle("unread", row.classList.contains("unread"));
				before = old;
			} else if (ol && (before || !shown.size)) {
				const added = document.adoptNode(row);
				added.classList.add("new");
				ol.insertBefore(added, before || ol.firstChild);
				before = added;
			}
		}
	}
	function swap(selector, fresh) {
		const [old, part] = [$(selector), $(selector, fresh)];
		if (old && part && old.outerHTML !== part.outerHTML && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(part));
	}
	// It stays open.
	function fill(selector, fresh) {
		const [old, part] = [$(selector), $(selector, fresh)];
		if (old && part && !old.isEqualNode(part) && !old.contains(document.activeElement)) old.replaceChildren(...part.childNodes);
	}
	async function look() {
		try {
			const path = "/mail/changes?in=" + live.dataset.in + "&tag=" + live.dataset.tag + "&upto=" + live.dataset.upto;
			const fresh = await page(path);
			if (!fresh) return;
			const next = $("#live", fresh);
			const busy = all("input[name=m]:checked").length || $("dialog[open]");
			swap(".banner", fresh);
			fill("nav.folders", fresh);
			if (next.dataset.mode !== live.dataset.mode && !busy) { location.reload(); return; }
			if (live.dataset.rows && next.dataset.tag !== live.dataset.tag) {
				// The page said that there was nothing.
				if (!$("ol.mails") && $("li.mail", fresh)) { location.reload(); return; }
				merge(fresh);
			}
			if (next.dataset.say) live.textContent = next.dataset.say;
			document.title = next.dataset.title;
			live.dataset.tag = next.dataset.tag;
			live.dataset.upto = next.dataset.upto;
		} catch (error) { /* The box, or the way to it, does not answer. It goes on trying. */ }
		again();
	}
	let timer = 0;
	const again = () => {
		clearTimeout(timer);
		timer = setTimeout(look, document.hidden ? 60000 : 10000);
	};
	if (live) {
		again();
		document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
	}
	tickable();
	toggle(document);
	const link = $("a[href='/mail/keys']");
	if (link) link.addEventListener("click", (event) => { event.preventDefault(); help(); });
})();
