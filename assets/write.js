// Drafts keep themselves, files go up while one writes, addresses are completed. Without it the page works all the same.
"use strict";
(() => {
	const undo = document.getElementById("unsent");
	if (undo) {
		let left = Number(undo.dataset.left);
		const clock = setInterval(() => {
			left -= 1;
			document.getElementById("unsent-left").textContent = String(Math.max(left, 0));
			if (left <= 0) { clearInterval(clock); location.replace("/mail/sent?sent=1"); }
		}, 1000);
	}
	const form = document.getElementById("compose");
	if (!form) return;
	const at = (id) => document.getElementById(id);
	const texts = form.dataset, status = at("saved"), draft = at("draft");
	const say = (text) => { if (status) status.textContent = text; };

	// Nobody sends by Enter in a line.
	form.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && event.target.tagName === "INPUT" && event.target.type === "text") event.preventDefault();
	});

	// ---- drafts
	const keeps = form.hasAttribute("data-keep");
	const typed = () => {
		const data = new FormData(form);
		data.delete("files"); data.delete("draft"); data.delete("csrf");
		return JSON.stringify([...data]);
	};
	let last = typed(), leaving = false, busy = false, again = false, pending = null, timer = 0, size = 0;
	// Every save writes all of it: the larger it is, the more seldom.
	const pause = () => Math.min(300, 5 + size / 200000) * 1000;
	const wait = () => { clearTimeout(timer); timer = setTimeout(() => { if (typed() !== last) save([]); }, pause()); };
	function save(files) {
		if (!keeps || leaving) return;
		if (busy) { again = again || files.length === 0; if (files.length) setTimeout(() => save(files), 500); return; }
		busy = true;
		const data = new FormData(form), now = typed(), bar = at("progress");
		data.delete("files");
		for (const file of files) data.append("files", file, file.name);
		data.set("do", "save"); data.set("by", "script");
		const request = new XMLHttpRequest();
		request.open("POST", "/mail/send");
		request.responseType = "json";
		request.timeout = files.length ? 0 : 60000;
		say(files.length ? texts.uploading : texts.saving);
		if (files.length && bar) {
			bar.hidden = false; bar.value = 0;
			request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = 100 * event.loaded / event.total; };
		}
		request.onloadend = () => {
			busy = false;
			if (bar) bar.hidden = true;
			const answer = request.response;
			if (request.status === 200 && answer && answer.draft) {
				const more = typed() !== now;
				draft.value = answer.draft;
				say(answer.said);
				list(answer.files);
				last = more ? now : typed();
				if (files.length) at("files").value = "";
				if (again && !pending) { again = false; save([]); }
			} else {
				say((answer && answer.problem) || texts.failed);
				// What was chosen is still in its field, and goes with the form. What was dropped is not: nobody sends without it.
				if (files.length && !at("files").files.length) pending = null;
				wait();
			}
			if (pending) { const button = pending; pending = null; form.requestSubmit(button); }
		};
		request.send(data);
	}
	function list(files) {
		const place = at("carried-files");
		size = 0;
		const unit = { bytes: 1, byte: 1, kB: 1e3, MB: 1e6 };
		place.replaceChildren(...files.map((file) => {
			const label = document.createElement("label"), box = document.createElement("input");
			const text = document.createElement("span"), name = document.createElement("bdi"), hint = document.createElement("span");
			const [number, kind] = file.size.split(" ");
			size += parseFloat(number) * (unit[kind] || 1);
			label.className = "check"; hint.className = "hint";
			box.type = "checkbox"; box.name = "keep"; box.value = file.number; box.checked = true;
			name.textContent = file.name; hint.textContent = file.size;
			text.append(name, " ", hint); label.append(box, text);
			return label;
		}));
		at("carried").hidden = files.length === 0;
	}
	if (keeps) {
		form.addEventListener("input", wait);
		form.addEventListener("change", (event) => { if (event.target.name !== "files") wait(); });
		setInterval(() => { if (!busy && size < 1e6 && typed() !== last) save([]); }, 30000);
		form.addEventListener("submit", (event) => {
			// What is on its way first: else the draft would be there twice.
			if (busy) { event.preventDefault(); pending = event.submitter; return; }
			leaving = true; clearTimeout(timer);
		});
		addEventListener("pageshow", () => { leaving = false; });
		addEventListener("beforeunload", (event) => { if (!leaving && typed() !== last) event.preventDefault(); });
		const input = at("files");
		input.addEventListener("change", () => { if (input.files.length) save([...input.files]); });
		for (const name of ["dragover", "drop"]) form.addEventListener(name, (event) => {
			if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
			event.preventDefault();
			if (name === "drop") save([...event.dataTransfer.files]);
		});
	}

	// ---- addresses (the combobox of the ARIA Authoring Practices)
	let count = 0;
	for (const input of form.querySelectorAll("[data-people]")) {
		const box = document.createElement("ul"), id = "found-" + (count += 1);
		let found = [], active = -1, asked = 0;
		input.removeAttribute("list");
		box.id = id; box.className = "found"; box.hidden = true; box.setAttribute("role", "listbox"); box.setAttribute("aria-label", texts.found);
		input.after(box);
		for (const [key, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", id]]) input.setAttribute(key, value);
		const begin = () => Math.max(input.value.lastIndexOf(","), input.value.lastIndexOf(";")) + 1;
		const close = () => { box.hidden = true; active = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
		const mark = (to) => {
			active = (to + found.length) % found.length;
			[...box.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
			input.setAttribute("aria-activedescendant", box.children[active].id);
		};
		const take = (place) => {
			const start = input.value.slice(0, begin());
			input.value = (start ? start + " " : "") + found[place] + ", ";
			close(); input.focus(); input.dispatchEvent(new Event("input", { bubbles: true }));
		};
		input.addEventListener("input", async () => {
			const word = input.value.slice(begin()).trim(), mine = (asked += 1);
			if (!word) { close(); return; }
			try {
				const answer = await fetch("/mail/people?q=" + encodeURIComponent(word), { redirect: "error" });
				if (!answer.ok || mine !== asked) return;
				found = await answer.json();
			} catch (error) { return; }
			if (mine !== asked || !found.length || document.activeElement !== input) { close(); return; }
			box.replaceChildren(...found.map((text, place) => {
				const item = document.createElement("li");
				item.id = id + "-" + place; item.textContent = text; item.setAttribute("role", "option"); item.dir = "auto";
				item.addEventListener("mousedown", (event) => { event.preventDefault(); take(place); });
				return item;
			}));
			active = -1; box.hidden = false; input.setAttribute("aria-expanded", "true");
		});
		input.addEventListener("keydown", (event) => {
			if (box.hidden) return;
			if (event.key === "ArrowDown") mark(active + 1);
			else if (event.key === "ArrowUp") mark(active < 0 ? found.length - 1 : active - 1);
			else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) take(active);
			else if (event.key === "Escape") close();
			else return;
			event.preventDefault();
		});
		input.addEventListener("blur", close);
	}
})();
