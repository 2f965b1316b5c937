// The time of the server, whatever the clock of this device says.

let offset = null; // from the time since the page was loaded, which nobody sets, to that of the server

/** Forgets what it knows: after a connection was lost, the device may have slept. */
export function reset() {
  offset = null;
}

/** What the server says its time is was true when it was sent: the message that took least is nearest. */
export function heard(serverTime) {
  const said = Date.parse(serverTime) - performance.now();
  if (Number.isFinite(said) && (offset === null || said > offset)) {
    offset = said;
  }
}

/** Milliseconds since the epoch; by the clock of the device until the server was heard. */
export function now() {
  return offset === null ? Date.now() : performance.now() + offset;
}

/** 59:59, 1:59:59, or 3 days; rounded up, so that 0:00 is the end. */
export function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds >= 2 * 86_400) {
    return `${Math.floor(seconds / 86_400)} days`;
  }
  const two = number => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

const AT = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const ON = new Intl.DateTimeFormat(undefined, {
  month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
});

/** In the time zone of the device: the hour, for what is near. */
export const at = instant => AT.format(new Date(instant));

/** In the time zone of the device, with its day. */
export const on = instant => ON.format(new Date(instant));
