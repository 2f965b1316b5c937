// The page of operators: sales past and coming, open and close, audit, cluster, health.

import * as clock from './clock.js';
import { act, ask, inWords } from './api.js';
import { openFeed } from './feed.js';
import { number, write } from './sale.js';

const LOOK_EVERY_MS = 2_000;
const LISTED = 20;
const AUDIT_WITHIN_MS = 90_000;

/** [a name in /metrics, the words for it]; of those with labels the sum. */
const METRICS = [
  ['http_requests_in_flight', 'Requests in flight'],
  ['http_connections', 'Connections'],
  ['journal_queue_depth', 'Writes that wait'],
  ['journal_write_failures_total', 'Writes that failed'],
  ['holds_live', 'Live holds'],
  ['holds_overdue', 'Overdue holds'],
  ['websocket_connections_active', 'WebSockets'],
  ['event_streams_active', 'Event streams'],
];

const find = id => document.getElementById(id);

let token = '';
let current = null; // what the feed said last
let looking = 0;
let written = null; // {count, seconds} of the writes of the journal, at the last look

// -------------------------------------------------------------------- signing in

function keep(value) {
  token = value;
  try {
    if (value) {
      sessionStorage.setItem('admin', value);
    } else {
      sessionStorage.removeItem('admin');
    }
  } catch {
    // storage is switched off: the token is kept until the page is left
  }
}

async function signIn(value) {
  const answer = await ask('/admin/cluster', { token: value });
  if (!answer.ok) {
    keep('');
    write(find('sign-in-notice'), inWords(answer.problem));
    find('sign-in-notice').dataset.kind = 'bad';
    return;
  }
  keep(value);
  find('token').value = '';
  find('signed-out').hidden = true;
  find('signed-in').hidden = false;
  showCluster(answer.body);
  look();
}

function signOut(words = '') {
  keep('');
  clearTimeout(looking);
  find('signed-in').hidden = true;
  find('signed-out').hidden = false;
  write(find('sign-in-notice'), words);
  find('token').focus();
}

// -------------------------------------------------------------------- looking

async function look() {
  clearTimeout(looking);
  if (document.visibilityState === 'visible') {
    const [cluster, sales, health, metrics, scheduled] = await Promise.all([
      ask('/admin/cluster', { token }),
      ask(`/sales?limit=${LISTED}`),
      ask('/health'),
      ask('/metrics'),
      ask('/admin/sales', { token }),
    ]);
    if (!token) {
      return;
    }
    if (cluster.status === 401 || cluster.status === 403) {
      signOut(inWords(cluster.problem));
      return;
    }
    if (cluster.ok) {
      showCluster(cluster.body);
    }
    say('cluster-notice', cluster.ok ? '' : inWords(cluster.problem), 'bad');
    if (sales.ok) {
      showSales(sales, scheduled);
    }
    showHealth(health, metrics);
  }
  looking = setTimeout(look, LOOK_EVERY_MS);
}

function showCluster(cluster) {
  rows('cluster', cluster.members.map(member => ({
    cells: [
      member.address === cluster.node ? `${member.address} (this one)` : member.address,
      member.reachable ? member.status : `${member.status}, cannot be reached`,
      member.roles.join(', '),
      member.version,
      member.singletons.join(', '),
      n(member.shards.item),
      n(member.shards.user),
    ],
    bad: !member.reachable,
  })));
}

function showSales(sales, scheduled) {
  const total = Number(sales.headers.get('X-Total-Count'));
  const coming = scheduled.ok ? scheduled.body : [];
  rows('sales', [
    ...coming.toReversed().map(sale => ({
      cells: [sale.id ?? '', sale.status, clock.on(sale.started_at), clock.on(sale.ended_at), n(sale.total_items), ''],
    })),
    ...sales.body.map(sale => ({
      cells: [
        sale.id,
        sale.active ? 'open' : 'ended',
        clock.on(sale.started_at),
        clock.on(sale.ended_at),
        n(sale.total_items),
        n(sale.items_sold),
      ],
      audit: sale.id,
    })),
  ]);
  write(find('sales-hint'), total > LISTED ? `The latest ${LISTED} of ${number(total)}.` : '');
}

function showHealth(health, metrics) {
  const services = health.ok ? health.body.services_status : health.body?.services_status ?? {};
  const shown = Object.entries(services).map(([name, state]) => [name[0].toUpperCase() + name.slice(1), state, state !== 'up']);
  if (metrics.ok) {
    const values = parse(metrics.body);
    for (const [name, words] of METRICS) {
      if (values.has(name)) {
        shown.push([words, number(values.get(name)), false]);
      }
    }
    const count = values.get('db_query_duration_seconds_count{query="journal_write"}') ?? 0;
    const seconds = values.get('db_query_duration_seconds_sum{query="journal_write"}') ?? 0;
    if (written && count > written.count) {
      const mean = (seconds - written.seconds) / (count - written.count) * 1000;
      shown.push(['Mean time of a write', `${mean.toFixed(1)} ms`, false]);
    }
    written = { count, seconds };
  }
  facts('health', shown);
  write(find('health-hint'), metrics.ok
    ? ''
    : 'The figures of the journal are in /metrics, which cannot be read from here: a balancer keeps it to itself, or it is on the management port.');
}

/** The text format of Prometheus: the sum of each metric, and each line with labels by itself. */
function parse(text) {
  const values = new Map();
  for (const line of text.split('\n')) {
    const found = /^([a-z_]+)(\{.*\})? (\S+)/.exec(line);
    if (found) {
      const [, name, labels, value] = found;
      values.set(name, (values.get(name) ?? 0) + Number(value));
      if (labels) {
        values.set(name + labels.replace(/,}$/, '}'), Number(value));
      }
    }
  }
  return values;
}

// -------------------------------------------------------------------- doing

async function openSale(event) {
  event.preventDefault();
  const body = {};
  const time = id => new Date(find(id).value).toISOString();
  if (find('starts').value) {
    body.started_at = time('starts');
  }
  if (find('ends').value) {
    body.ended_at = time('ends');
  }
  if (find('total').value.trim()) {
    body.total_items = Number(find('total').value);
  }
  find('open-button').disabled = true;
  say('open-notice', 'Asking …');
  const answer = await act('/admin/sales', { method: 'POST', body, token }, () =>
    say('open-notice', 'No answer yet. Asking again …'));
  find('open-button').disabled = false;
  if (answer.ok) {
    const { id, status, started_at: starts, total_items: items } = answer.body;
    say('open-notice', `${id ? `Sale ${id}` : 'A sale'} of ${number(items)} items is ${status}, from ${clock.on(starts)}.`, 'good');
    find('open').reset();
  } else {
    say('open-notice', inWords(answer.problem), 'bad');
  }
  look();
}

/** Asks first. The sale is the one that is open now, whichever is when the answer is given. */
function sureToClose() {
  const id = current?.sale ?? null;
  if (id !== null) {
    const dialog = find('sure');
    dialog.dataset.sale = id;
    write(find('sure-title'), `Close sale ${id}?`);
    dialog.returnValue = ''; // not every browser forgets the last one when the dialog is left with Esc
    dialog.showModal();
  }
}

async function closeSale(id) {
  find('close').disabled = true;
  const answer = await act(`/admin/sales/${id}/close`, { method: 'POST', token }, () =>
    say('now-notice', 'No answer yet. Asking again …'));
  find('close').disabled = false;
  say('now-notice', answer.ok ? `Sale ${id} is closing.` : inWords(answer.problem), answer.ok ? 'good' : 'bad');
  look();
}

async function audit(sale) {
  const button = find('audit');
  button.disabled = true;
  say('audit-notice', 'Reading the journal …');
  find('audit-facts').hidden = true;
  find('breaches').replaceChildren();
  const answer = await ask(sale ? `/admin/audit?sale=${sale}` : '/admin/audit', { token, within: AUDIT_WITHIN_MS });
  button.disabled = false;
  if (!answer.ok) {
    say('audit-notice', inWords(answer.problem), 'bad');
    return;
  }
  const { clean, sales, journal } = answer.body;
  const found = sales[0];
  say('audit-notice', clean
    ? `Sale ${found?.sale_id ?? sale}: everything is as it must be.`
    : 'The journal contradicts itself.', clean ? 'good' : 'bad');
  if (found) {
    facts('audit-facts', [
      ['Items', number(found.items)],
      ['Sold', number(found.sold)],
      ['On hold', number(found.held)],
      ['Free', number(found.available)],
      ['Purchases', number(found.purchases)],
      ['Released', number(found.released)],
      ['Users', number(found.users)],
      ['Orders', number(found.orders)],
    ]);
    find('audit-facts').hidden = false;
  }
  const told = [...(found?.breaches.told ?? []), ...journal.told];
  find('breaches').replaceChildren(...told.map(breach => {
    const line = document.createElement('li');
    line.textContent = `${breach.invariant}: ${breach.description} ${breach.persistence_ids.join(', ')}`;
    return line;
  }));
}

// -------------------------------------------------------------------- showing

function say(id, words, kind = '') {
  find(id).dataset.kind = kind;
  write(find(id), words);
}

/** [words, value, whether it is bad] each. */
function facts(id, shown) {
  find(id).replaceChildren(...shown.map(([words, value, bad]) => {
    const fact = document.createElement('div');
    const term = document.createElement('dt');
    const description = document.createElement('dd');
    term.textContent = words;
    description.textContent = value;
    description.classList.toggle('bad', Boolean(bad));
    fact.append(term, description);
    return fact;
  }));
}

/** A cell with a number. */
const n = value => ({ number: number(value ?? 0) });

function rows(id, shown) {
  find(id).tBodies[0].replaceChildren(...shown.map(({ cells, bad, audit: sale }) => {
    const row = document.createElement('tr');
    row.classList.toggle('bad', Boolean(bad));
    for (const cell of cells) {
      const at = row.insertCell();
      at.textContent = cell.number ?? cell;
      at.classList.toggle('n', cell.number !== undefined);
    }
    if (sale) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Audit';
      button.setAttribute('aria-label', `Audit sale ${sale}`);
      button.addEventListener('click', () => {
        audit(sale);
        find('audit-title').focus();
      });
      row.insertCell().append(button);
    }
    return row;
  }));
}

function showNow() {
  const open = current !== null && current.sale !== null;
  find('close').hidden = !open;
  if (!current) {
    return;
  }
  const next = current.next ? [['Next', `sale ${current.next.id} at ${clock.at(current.next.opens_at)}`]] : [];
  facts('now', open
    ? [
        ['Open', current.name ?? `Sale ${current.sale}`],
        ['Ends in', clock.left(Date.parse(current.ends_at) - clock.now())],
        ['Left', number(current.stock)],
        ['On hold', number(current.held)],
        ['Sold', number(current.sold)],
        ...next,
      ]
    : [['Open', 'no sale'], ...next]);
}

// -------------------------------------------------------------------- from here on

find('sign-in').addEventListener('submit', event => {
  event.preventDefault();
  signIn(find('token').value.trim());
});
find('leave').addEventListener('click', () => signOut());
find('open').addEventListener('submit', openSale);
find('close').addEventListener('click', sureToClose);
find('sure').addEventListener('close', event =>
  event.target.returnValue === 'yes' && closeSale(event.target.dataset.sale));
find('audit').addEventListener('click', () => audit(null));
document.addEventListener('visibilitychange', () => token && look());
openFeed([], message => {
  if (message.type === 'stock') {
    const changed = current && current.sale !== message.sale;
    current = message;
    showNow();
    if (changed && token) {
      look();
    }
  }
}, state => {
  find('link').dataset.state = state;
  write(find('link-words'), { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' }[state]);
});
setInterval(showNow, 1000);
try {
  const kept = sessionStorage.getItem('admin');
  if (kept) {
    signIn(kept);
  }
} catch {
  // storage is switched off
}
