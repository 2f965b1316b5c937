// Choosing, reserving and buying items as a user.

import * as clock from './clock.js';
import { act, ask, inWords } from './api.js';
import { number, write } from './sale.js';
import { FREE, HELD, SOLD } from './wall.js';

const MOST_ITEMS = 10;
const LOOK_AGAIN_MS = 1_000;
const PRICE = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const find = id => document.getElementById(id);

const items = count => count === 1 ? '1 item' : `${number(count)} items`;

/** A signed 64-bit integer, as text: numbers of JavaScript do not hold it. */
function asUser(text) {
  const digits = text.trim();
  return /^-?\d{1,19}$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)
    ? String(BigInt(digits))
    : null;
}

/** Storage may be switched off, and then nothing is kept. */
function kept(storage, name, value) {
  try {
    if (value === undefined) {
      return storage().getItem(name);
    }
    if (value === null) {
      storage().removeItem(name);
    } else {
      storage().setItem(name, value);
    }
  } catch {
    // see above
  }
  return null;
}

const always = () => localStorage;
const here = () => sessionStorage;

export class Purchasing {
  #wall;
  #sale;
  #onMarks;
  #picked = new Set(); // chosen and not held
  #held = null; // {code, items, expiresAt, sale, user, seconds}, of this page
  #bought = new Map(); // item -> {name, price}, of this user in this sale
  #details = new Map(); // item -> {name, price, image}, of this sale
  #busy = false;
  #unsure = false; // whether what was chosen is on hold for this user, for all that is known
  #inView = true; // if not, there is a link to it
  #askAt = null; // when the server is asked whether what is held here still is

  /**
   * @param onMarks gets the items that are chosen, and those that are held or bought here
   */
  constructor(wall, sale, onMarks) {
    this.#wall = wall;
    this.#sale = sale;
    this.#onMarks = onMarks;
    find('user').value = kept(always, 'user') ?? String(1 + Math.floor(Math.random() * 1e9));
    find('token').value = kept(here, 'token') ?? '';
    find('token-part').open = find('token').value !== '';
    find('user').addEventListener('change', () => this.#userChanged());
    find('token').addEventListener('change', () => this.#tokenChanged());
    find('pick').addEventListener('submit', event => this.#addByNumber(event));
    find('random').addEventListener('click', () => this.#addRandom());
    find('reserve').addEventListener('click', () => this.#reserve());
    find('purchase').addEventListener('click', () => this.#buy());
    find('give-up').addEventListener('click', () => this.#giveUp());
    new IntersectionObserver(seen => {
      this.#inView = seen.at(-1).isIntersecting;
      this.#show();
    }, { rootMargin: '-64px' }).observe(find('buy'));
    this.#takeUpAgain();
    this.#show();
  }

  /** The user, or null if what was entered is none. */
  get #user() {
    return asUser(find('user').value);
  }

  get #token() {
    return find('token').value.trim();
  }

  // ---------------------------------------------------------------- choosing

  /** Chooses an item, or does no longer. */
  toggle(item) {
    if (this.#picked.has(item)) {
      this.#drop(item);
    } else {
      this.#add(item);
    }
  }

  #add(item) {
    const state = this.#wall.stateOf(item);
    if (this.#busy || this.#held?.items.includes(item) || this.#bought.has(item)) {
      return;
    }
    if (state === SOLD || state === HELD) {
      this.#say(`Item ${item} is ${state === SOLD ? 'sold' : 'on hold for somebody else'}.`, 'bad');
    } else if (this.#count() >= MOST_ITEMS) {
      this.#say(`More than ${MOST_ITEMS} items at once cannot be bought.`, 'bad');
    } else {
      this.#picked.add(item);
      this.#say('');
      this.#describe(item);
    }
    this.#show();
  }

  #count() {
    return this.#picked.size + (this.#held?.items.length ?? 0);
  }

  #drop(item) {
    this.#unsure = false;
    this.#picked.delete(item);
    this.#show();
  }

  #addByNumber(event) {
    event.preventDefault();
    const field = find('item');
    const text = field.value.trim();
    const most = this.#wall.items - 1;
    if (!/^\d+$/.test(text) || Number(text) > most) {
      this.#say(most < 0 ? 'There is nothing to choose from yet.' : `Items have the numbers 0 to ${most}.`, 'bad');
      field.focus();
      return;
    }
    this.#add(Number(text));
    field.value = '';
  }

  #addRandom() {
    const item = this.#wall.randomFree(this.#picked);
    if (item < 0) {
      this.#say('No item is free.', 'bad');
    } else {
      this.#add(item);
    }
  }

  /** Its name, price and picture. */
  async #describe(item) {
    const sale = this.#sale.id;
    if (sale === null || this.#details.has(item)) {
      return;
    }
    const answer = await ask(`/sales/${sale}/items?limit=1&offset=${item}`);
    if (answer.ok && answer.body.length === 1 && sale === this.#sale.id) {
      const { name, price, image_url: image } = answer.body[0];
      this.#details.set(item, { name, price, image });
      this.#show();
    }
  }

  // ---------------------------------------------------------------- what others do

  /** What has been chosen may be gone. */
  wallChanged() {
    const gone = [...this.#picked].filter(item => this.#wall.stateOf(item) !== FREE);
    if (this.#busy || this.#unsure || gone.length === 0) {
      return; // what is being reserved here is on hold for this user
    }
    gone.forEach(item => this.#picked.delete(item));
    this.#say(`Somebody else was faster: ${gone.map(item => `item ${item}`).join(', ')}.`, 'bad');
    this.#show();
  }

  /** What is held can still be bought; what was chosen was of another sale. */
  saleChanged() {
    this.#unsure = false;
    this.#picked.clear();
    this.#details.clear();
    this.#bought.clear();
    this.#show();
    this.#loadPurchases();
  }

  // ---------------------------------------------------------------- reserving and buying

  async #reserve() {
    const user = this.#held?.user ?? this.#user; // more is held for whom the rest is
    if (user === null) {
      this.#say('A user is a whole number.', 'bad');
      find('user').focus();
      return;
    }
    const chosen = [...this.#picked];
    const form = new URLSearchParams({ user_id: user });
    chosen.forEach(item => form.append('item_id', item));
    if (this.#held) {
      form.append('code', this.#held.code);
    }
    const answer = await this.#do('/checkout', { method: 'POST', form }, 'Reserving');
    this.#unsure = answer.problem?.code === 'unknown';
    if (answer.ok) {
      const { code, items: numbers, expires_at: expiresAt, sale_id: sale } = answer.body;
      this.#hold({ code, items: numbers, expiresAt: Date.parse(expiresAt), sale, user });
      chosen.forEach(item => this.#picked.delete(item));
      this.#say(`${items(numbers.length)} held for you. Buy before the time is over.`, 'good');
    }
    this.#show();
    if (!answer.ok) {
      this.wallChanged();
    } else {
      find('purchase').focus({ preventScroll: true });
    }
  }

  #hold(held) {
    const seconds = (held.expiresAt - clock.now()) / 1000;
    this.#held = held && { seconds: this.#held?.code === held.code ? this.#held.seconds : seconds, ...held };
    kept(here, 'held', JSON.stringify(this.#held));
    held.items.forEach(item => this.#describe(item));
  }

  #release() {
    this.#held = null;
    this.#askAt = null;
    kept(here, 'held', null);
  }

  async #buy() {
    const { code, items: numbers, sale, user } = this.#held;
    const answer = await this.#do('/purchase', { method: 'POST', form: new URLSearchParams({ code }) }, 'Buying');
    if (answer.ok) {
      this.#release();
      this.#say(`Bought: ${numbers.map(item => `item ${item}`).join(', ')}.`, 'good');
      if (sale === this.#sale.id && user === this.#user) {
        numbers.forEach(item => this.#bought.set(item, this.#details.get(item) ?? {}));
      }
      this.#loadPurchases();
    } else if (['checkout-expired', 'checkout-unknown', 'already-purchased'].includes(answer.problem.code)) {
      this.#release();
      this.#loadPurchases();
    }
    this.#show();
  }

  async #giveUp() {
    const answer = await this.#do(`/checkout/${this.#held.code}`, { method: 'DELETE' }, 'Giving up');
    if (answer.ok) {
      this.#release();
      this.#say('Given up. The items are free again.');
    } else if (['checkout-expired', 'checkout-unknown', 'already-purchased'].includes(answer.problem.code)) {
      this.#release();
      this.#loadPurchases();
    }
    this.#show();
  }

  /** One thing at a time. */
  async #do(path, request, words) {
    this.#busy = true;
    this.#say(`${words} …`);
    this.#show();
    const answer = await act(path, { ...request, token: this.#token }, () =>
      this.#say('No answer yet. Asking again …'));
    this.#busy = false;
    if (!answer.ok) {
      this.#sale.refused();
      this.#refused(answer);
    }
    return answer;
  }

  #refused(answer) {
    this.#say(inWords(answer.problem), 'bad');
    if (answer.status === 401 || answer.status === 403) {
      find('token-part').open = true;
      find('token').focus();
    }
  }

  // ---------------------------------------------------------------- the user

  #userChanged() {
    const user = this.#user;
    find('user').setAttribute('aria-invalid', String(user === null));
    if (user !== null) {
      find('user').value = user;
      kept(always, 'user', user);
      this.#bought.clear();
      this.#show();
      this.#loadPurchases();
    }
  }

  #tokenChanged() {
    kept(here, 'token', this.#token || null);
    this.#loadPurchases();
  }

  async #loadPurchases() {
    const [user, sale] = [this.#user, this.#sale.id];
    if (user === null || sale === null) {
      this.#show();
      return;
    }
    const answer = await ask(`/users/${user}/purchases?sale=${sale}`, { token: this.#token });
    if (user !== this.#user || sale !== this.#sale.id) {
      return; // another one has been asked for since
    }
    if (answer.ok) {
      this.#bought = new Map(answer.body.purchases.flatMap(purchase =>
        purchase.items.map(item => [item.id, { name: item.name, price: item.price, image: item.image_url }])));
      this.#show();
    } else if (answer.status === 401) {
      find('token-part').open = true;
    }
  }

  /** The page was loaded again while something was held. */
  #takeUpAgain() {
    this.#held = JSON.parse(kept(here, 'held') ?? 'null');
    this.#askAt = this.#held && performance.now();
    kept(always, 'user', this.#user);
  }

  /** It is over when the server says so, and not when the time is. */
  async #askWhetherOver() {
    const { code } = this.#held;
    this.#askAt = performance.now() + LOOK_AGAIN_MS;
    const answer = await ask(`/checkout/${code}`, { token: this.#token });
    if (this.#held?.code !== code || this.#busy) {
      return;
    }
    const status = answer.ok ? answer.body.status : answer.problem.code;
    if (status === 'open') {
      this.#askAt = Date.parse(answer.body.expires_at) > clock.now() ? null : this.#askAt;
      this.#hold({ ...this.#held, items: answer.body.items, expiresAt: Date.parse(answer.body.expires_at) });
    } else if (status === 'purchased') {
      this.#release();
      this.#loadPurchases();
    } else if (['expired', 'given_up', 'checkout-unknown', 'sale-unknown'].includes(status)) {
      this.#release();
      this.#say('The time is over: your reservation has ended, and its items are free again.', 'bad');
    }
    this.#show();
  }

  // ---------------------------------------------------------------- showing

  tick(now) {
    const held = this.#held;
    if (!held) {
      return;
    }
    const milliseconds = held.expiresAt - now;
    write(find('hold-time'), clock.left(milliseconds));
    find('hold-left').value = Math.max(0, Math.min(1, milliseconds / 1000 / held.seconds));
    find('hold').classList.toggle('late', milliseconds < 10_000);
    this.#askAt ??= milliseconds <= 0 ? performance.now() : null;
    if (this.#askAt !== null && performance.now() >= this.#askAt && !this.#busy) {
      this.#askWhetherOver();
    }
  }

  #say(words, kind = '') {
    const notice = find('notice');
    notice.dataset.kind = kind;
    write(notice, words);
  }

  #show() {
    const held = this.#held;
    const ours = held && held.sale === this.#sale.id ? held.items : [];
    this.#onMarks(this.#picked, new Set([...ours, ...this.#bought.keys()]));

    const rows = [
      ...(held?.items ?? []).map(item => this.#row(item, 'held')),
      ...[...this.#picked].map(item => this.#row(item, 'chosen')),
    ];
    find('basket').replaceChildren(...rows);
    find('basket-hint').hidden = rows.length > 0;
    find('purchases').replaceChildren(...[...this.#bought.keys()].map(item => this.#row(item, 'bought')));
    find('purchases-hint').hidden = this.#bought.size > 0;

    find('hold').hidden = !held;
    if (held) {
      const other = held.sale !== this.#sale.id ? ` in sale ${held.sale}` : '';
      write(find('hold-words'), `${items(held.items.length)} held for you${other}`);
      write(find('purchase'), `Buy ${items(held.items.length)}${this.#total(held.items)}`);
    }
    const reserve = find('reserve');
    reserve.hidden = Boolean(held) && this.#picked.size === 0;
    reserve.disabled = this.#busy || this.#picked.size === 0;
    reserve.classList.toggle('primary', !held);
    write(reserve, this.#picked.size === 0 ? 'Reserve' : `Reserve ${items(this.#picked.size)}${held ? ' more' : ''}`);
    for (const id of ['purchase', 'give-up']) {
      find(id).hidden = !held;
      find(id).disabled = this.#busy;
    }
    const dock = find('dock');
    dock.hidden = this.#count() === 0 || this.#inView;
    document.body.classList.toggle('docked', !dock.hidden);
    write(dock, held ? `${items(held.items.length)} held for you: buy` : `${items(this.#picked.size)} chosen: reserve`);
    this.tick(clock.now());
  }

  #total(numbers) {
    const prices = numbers.map(item => this.#details.get(item)?.price);
    return prices.every(price => price !== undefined)
      ? ` for ${PRICE.format(prices.reduce((sum, price) => sum + price, 0))}`
      : '';
  }

  #row(item, kind) {
    const { price, image } = this.#details.get(item) ?? this.#bought.get(item) ?? {};
    const row = document.createElement('li');
    row.dataset.item = item;
    row.dataset.kind = kind;
    const picture = document.createElement('img');
    picture.width = picture.height = 40;
    picture.alt = '';
    if (image) {
      picture.src = image;
    }
    const words = document.createElement('span');
    words.textContent = `Item ${item}`;
    const cost = document.createElement('span');
    cost.className = 'price';
    cost.textContent = price === undefined ? '' : PRICE.format(price);
    row.append(picture, words, cost);
    if (kind === 'chosen') {
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.textContent = '×';
      remove.setAttribute('aria-label', `Do not take item ${item}`);
      remove.addEventListener('click', () => this.#drop(item));
      row.append(remove);
    }
    return row;
  }
}
