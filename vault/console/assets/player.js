// What the browser's own player cannot do: a waveform from stored peaks, keys, speed, repeating, and time left to listen.
import WaveSurfer from "wavesurfer.js";

const KEYS = {
  " ": "toggle", k: "toggle", j: "back", l: "on", ArrowLeft: "left", ArrowRight: "right", Home: "begin", End: "end",
  "[": "a", a: "a", "]": "b", b: "b", "\\": "clear", c: "clear", "<": "slower", ">": "faster",
};
// These keys mean something else where they are pressed in a field, a list, a button or the browser's own player.
const OWN = { INPUT: /./, TEXTAREA: /./, SELECT: /./, BUTTON: /^( |Enter)$/, SUMMARY: /^( |Enter)$/, A: /^Enter$/, AUDIO: /^( |Arrow.*|Home|End)$/ };

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = `${String(whole % 60).padStart(2, "0")}`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
};
const say = (text) => { document.getElementById("said").textContent = text; };

class Player {
  constructor(root) {
    this.root = root;
    this.sounds = [...root.querySelectorAll("audio")];
    this.sound = this.sounds[0];
    this.wave = root.querySelector(".wave");
    this.controls = root.querySelector(".controls");
    this.speed = root.querySelector("[data-speed]");
    this.a = this.b = null;
    this.controls.hidden = root.querySelector(".keys").hidden = false;
    for (const sound of this.sounds) this.hear(sound);
    this.controls.addEventListener("click", (event) => this.do(event.target.closest("[data-do]")?.dataset.do));
    this.speed.addEventListener("change", () => { for (const each of this.sounds) each.playbackRate = Number(this.speed.value); });
    const section = root.closest("section") ?? root;
    section.addEventListener("keydown", (event) => this.press(event));
    if (root.dataset.peaks) this.draw().catch(() => { this.wave.hidden = true; });
    const at = Number(root.dataset.at);
    if (at > 0) this.seek(at);
    this.tell();
  }

  hear(sound) {
    sound.addEventListener("play", () => {
      for (const other of this.sounds) if (other !== sound) other.pause();
      this.sound = sound;
      requestAnimationFrame(() => this.turn());
    });
    for (const name of ["timeupdate", "seeked", "loadedmetadata", "ended"]) sound.addEventListener(name, () => this.tell());
    sound.addEventListener("error", () => { leave.broken(); });
  }

  // Seconds of the recording, of which an excerpt is a stretch.
  get starts() { return Number(this.sound.dataset.starts); }
  get ends() { return Number(this.sound.dataset.ends); }
  get now() { return this.starts + this.sound.currentTime; }

  seek(seconds) {
    const within = this.sounds.find((each) => seconds >= Number(each.dataset.starts) && seconds < Number(each.dataset.ends));
    if (within && within !== this.sound) { this.sound.pause(); this.sound = within; }
    const bounded = Math.min(Math.max(seconds, this.starts), this.ends);
    const set = () => { this.sound.currentTime = bounded - this.starts; this.tell(); };
    if (this.sound.readyState > 0) set();
    else this.sound.addEventListener("loadedmetadata", set, { once: true });
  }

  // Wherever somebody asks to go, they stay: a stretch that is repeated and does not hold that place would lead away.
  leap(seconds) {
    if (this.loops && (seconds < (this.a ?? this.starts) || seconds >= this.b)) this.repeat("clear");
    this.seek(seconds);
  }

  do(what) {
    const by = { back: -10, on: 10, left: -5, right: 5 }[what];
    if (by) this.seek(this.now + by);
    else if (what === "toggle") this.sound.paused ? this.sound.play().catch(() => {}) : this.sound.pause();
    else if (what === "begin") this.seek(this.starts);
    else if (what === "end") this.seek(this.ends);
    else if (what === "slower" || what === "faster") this.change(what === "faster" ? 1 : -1);
    else if (what === "a" || what === "b" || what === "clear") this.repeat(what);
  }

  change(by) {
    const chosen = this.speed.selectedIndex + by;
    if (chosen < 0 || chosen >= this.speed.length) return;
    this.speed.selectedIndex = chosen;
    this.speed.dispatchEvent(new Event("change"));
    say(this.speed.selectedOptions[0].textContent);
  }

  repeat(what) {
    const before = this.loops;
    if (what === "clear") this.a = this.b = null;
    else this[what] = this.now;
    if (this.a !== null && this.b !== null && this.b <= this.a) this[what === "a" ? "b" : "a"] = null;
    const { loopSaid, loopOff } = this.controls.dataset;
    if (this.loops) say(loopSaid.replace("{a}", clock(this.a)).replace("{b}", clock(this.b)));
    else if (before) say(loopOff);
    this.tell();
  }

  get loops() { return this.b !== null; }

  // Asked at each frame: `timeupdate` comes four times a second, which one hears.
  turn() {
    if (this.loops && (this.now >= this.b || this.sound.ended)) this.seek(this.a ?? this.starts);
    if (!this.sound.paused) requestAnimationFrame(() => this.turn());
  }

  press(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const what = KEYS[key];
    if (!what || event.ctrlKey || event.metaKey || event.isComposing || OWN[event.target.tagName]?.test(event.key)) return;
    // AltGr writes [ ] and \ on Nordic keyboards, and comes as Ctrl+Alt or as itself.
    if (event.altKey && !event.getModifierState("AltGraph")) return;
    event.preventDefault();
    this.do(what);
  }

  tell() {
    const end = this.ends || this.sound.duration || 0;
    const loop = this.a === null && !this.loops ? "" : `  ${this.a === null ? "" : clock(this.a)}–${this.loops ? clock(this.b) : ""}`;
    const output = this.root.querySelector("[data-clock]");
    output.textContent = `${clock(this.now)} / ${clock(end)}${loop}`;
    this.root.querySelector('[data-do="clear"]').disabled = this.a === null && !this.loops;
    if (!this.wave) return;
    this.wave.setAttribute("aria-valuenow", String(Math.floor(this.now)));
    this.wave.setAttribute("aria-valuetext", clock(this.now));
    const shade = this.wave.querySelector(".loop");
    shade.hidden = this.a === null && !this.loops;
    if (shade.hidden || !end) return;
    const from = this.a ?? 0;
    shade.style.left = `${(100 * from) / end}%`;
    shade.style.width = `${(100 * ((this.loops ? this.b : from) - from)) / end}%`;
  }

  // From stored peaks: to draw a waveform, nothing of the sound is fetched.
  async draw() {
    const answer = await fetch(this.root.dataset.peaks, { credentials: "same-origin" });
    if (!answer.ok) return;
    const { channels, data, duration } = await answer.json();
    const peaks = Array.from({ length: channels }, () => []);
    for (let at = 0; at < data.length; at += 2) {
      peaks[(at / 2) % channels].push(Math.max(-data[at], data[at + 1]) / 128);
    }
    this.wave.hidden = false;
    const look = this.look(channels);
    const drawn = WaveSurfer.create({
      container: this.wave, media: this.sound, peaks, duration, cspNonce: this.root.dataset.nonce, normalize: true,
      barWidth: 2, barGap: 1, barRadius: 1, cursorWidth: 2, dragToSeek: true, ...look,
    });
    drawn.on("interaction", () => this.tell());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.setOptions(this.look(channels)));
  }

  // A canvas knows no variables of CSS: the legend beside it has the colours, worked out for light or dark.
  look(channels) {
    const colour = (name) => getComputedStyle(this.root.querySelector(`.channels .${name}`)).color;
    const faded = (whole) => whole.replace(/^rgb\((.*)\)$/, "rgba($1, 0.45)");
    const each = (name, height) => ({ height, waveColor: faded(colour(name)), progressColor: colour(name) });
    const cursorColor = getComputedStyle(this.root).color;
    return channels === 2
      ? { cursorColor, height: 56, splitChannels: [each("left", 56), each("right", 56)] }
      : { cursorColor, ...each("left", 88) };
  }
}

// How long one may still listen. The server says how many seconds are left, so that no clock has to be right.
const leave = {
  begin(root, players) {
    Object.assign(this, { root, players, until: performance.now() + 1000 * Number(root.dataset.seconds) });
    this.tick();
    this.timer = setInterval(() => this.tick(), 5000);
  },
  tick() {
    const left = (this.until - performance.now()) / 1000;
    if (left <= 0) return this.end();
    const { left: words, last } = this.root.dataset;
    this.root.querySelector("[data-countdown]").textContent = left < 60 ? last : words.replace("{n}", Math.floor(left / 60));
    if (left < 60 && !this.warned) { this.warned = true; say(last); }
    if (left < 5) setTimeout(() => this.tick(), 1000 * left);
  },
  end() {
    clearInterval(this.timer);
    this.over = true;
    for (const { sounds } of this.players) for (const sound of sounds) { sound.pause(); sound.hidden = true; }
    for (const each of document.querySelectorAll(".player .controls, .player .wave, [data-shown]")) each.hidden = true;
    this.root.querySelector("[data-over]").hidden = false;
    this.root.querySelector("[data-countdown]").textContent = "";
    this.root.querySelector("[data-renew]")?.classList.remove("second");
  },
  broken() { if (!this.over && this.root) this.root.querySelector("[data-broken]").hidden = false; },
};

const players = [...document.querySelectorAll("[data-player]")].map((root) => new Player(root));
const access = document.querySelector("[data-access]");
if (access) leave.begin(access, players);

// A note's time leads to its place, also in a note that was put on the page just now.
document.addEventListener("click", (event) => {
  const to = event.target.closest("[data-seek]");
  if (!to || !players.length) return;
  event.preventDefault();
  players[0].leap(Number(to.dataset.seek));
  (players[0].wave ?? players[0].sound).focus();
});
// A new note is at the moment at which somebody begins to write it. Whoever then empties the field notes the whole.
document.addEventListener("focusin", (event) => {
  const field = event.target.matches?.("input, textarea") && event.target.form?.querySelector("[data-seconds-now]");
  if (!field || !players.length || players[0].now < 1 || field.value || "filled" in field.dataset) return;
  field.value = clock(players[0].now);
  field.dataset.filled = "";
});
// Where one was is said with the wish to listen on.
for (const form of document.querySelectorAll("form:has([data-position])")) {
  form.addEventListener("submit", () => { form.querySelector("[data-position]").value = players.length ? players[0].now.toFixed(1) : ""; });
}
