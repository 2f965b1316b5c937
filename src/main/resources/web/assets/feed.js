// The live feed: by WebSocket, and where that does not work by Server-Sent Events.

import * as clock from './clock.js';

/** The server says something at least every 5 s: a connection that is silent for longer is dead. */
const SILENT_MS = 12_000;

const FIRST_RETRY_MS = 300;
const MOST_RETRY_MS = 4_000;

/**
 * Connects, and for as long as the page lives connects again.
 *
 * @param topics what to subscribe to besides the stock
 * @param onMessage gets each message as an object
 * @param onState gets 'connecting', 'live' or 'reconnecting'
 */
export function openFeed(topics, onMessage, onState) {
  let connection = null;
  let attempts = 0;
  let everHeard = false;
  let byEvents = false;
  let silence = 0;
  let retry = 0;

  function connect() {
    clearTimeout(retry);
    clock.reset();
    onState(everHeard ? 'reconnecting' : 'connecting');
    const mine = { heard: false, close: () => {} };
    connection = mine;
    const received = text => connection === mine && receive(mine, text);
    const ended = () => connection === mine && lost();
    mine.close = byEvents ? events(topics, received, ended) : socket(topics, received, ended);
    listen();
  }

  function receive(from, text) {
    from.heard = true;
    attempts = 0;
    listen();
    const message = JSON.parse(text);
    if (message.server_time) {
      clock.heard(message.server_time);
    }
    if (message.type === 'stock') {
      everHeard = true;
      onState('live');
    }
    onMessage(message);
  }

  function listen() {
    clearTimeout(silence);
    silence = setTimeout(lost, SILENT_MS);
  }

  function lost() {
    clearTimeout(silence);
    const was = connection;
    connection = null;
    was?.close();
    if (was && !was.heard) {
      byEvents = !byEvents; // something between here and the server may know only one of them
    }
    onState(everHeard ? 'reconnecting' : 'connecting');
    // Everybody is disconnected in the same moment, and is not to come back in the same one.
    const most = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts++);
    retry = setTimeout(connect, most / 2 + Math.random() * most / 2);
  }

  addEventListener('online', () => connection === null && connect());
  connect();
}

function socket(topics, onText, onEnd) {
  const address = new URL('/ws', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  socket.onopen = () =>
    topics.forEach(topic => socket.send(JSON.stringify({ type: 'subscribe', topic })));
  socket.onmessage = event => onText(event.data);
  socket.onclose = onEnd;
  return () => socket.close();
}

function events(topics, onText, onEnd) {
  const query = topics.map(topic => `topic=${topic}`).join('&');
  const source = new EventSource(`/events?${query}`);
  for (const type of ['connection', 'stock', ...topics]) {
    source.addEventListener(type, event => onText(event.data));
  }
  source.onerror = onEnd; // it would try again by itself, all in the same moment
  return () => source.close();
}
