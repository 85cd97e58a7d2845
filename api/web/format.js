/** How values are shown: times in the reader's zone, numbers, durations, and text of strangers. */
import { tag } from "./i18n.js";

const formats = new Map();

function formatter(make, options) {
  const key = `${make.name} ${tag()} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new make(tag(), options);
    formats.set(key, found);
  }
  return found;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const DAY = { year: "numeric", month: "short", day: "2-digit" };

export const clock = (at) => formatter(Intl.DateTimeFormat, CLOCK).format(new Date(at));
export const dayAndClock = (at) => formatter(Intl.DateTimeFormat, { ...DAY, ...CLOCK }).format(new Date(at));

/** Today: the clock; before: the day, too. */
export function when(at, now) {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? clock(at) : dayAndClock(at);
}

/** The reader's zone, as "Europe/Berlin, GMT+1". */
export function zone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const offset = zoneOffset();
  return timeZone === "UTC" ? timeZone : `${timeZone}, ${offset}`;
}

export const zoneOffset = () =>
  formatter(Intl.DateTimeFormat, { timeZoneName: "shortOffset" })
    .formatToParts(new Date())
    .find((part) => part.type === "timeZoneName")?.value ?? "";

export const count = (value) => formatter(Intl.NumberFormat, {}).format(value);
export const decimal = (value, digits) =>
  formatter(Intl.NumberFormat, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
export const percent = (share, digits = 1) =>
  formatter(Intl.NumberFormat, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);

/** 1:05, 1:02:03. */
export function duration(ms) {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text that a phone or a stranger chose: nothing in it may act (control characters) or turn the line round (bidi controls). */
export const harmless = (text) => String(text ?? "").replace(UNSEEN, "\ufffd");

/** `Kind tenant/name (file:line)` in its two parts. */
export function ruleAndOrigin(decidedBy) {
  const found = /^(.*) \(([^()]+)\)$/s.exec(decidedBy);
  return found ? { rule: found[1], origin: found[2] } : { rule: decidedBy, origin: "" };
}

/** The part of a revision that people compare. */
export const short = (revision) => harmless(revision ?? "").slice(0, 10);
