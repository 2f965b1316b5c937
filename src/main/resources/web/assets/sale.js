// The sale now: its name, what is left, how long, and how fast it goes.

import * as clock from './clock.js';
import { Chart } from './chart.js';

const ANNOUNCE_MS = 10_000;
const NUMBER = new Intl.NumberFormat();

const find = id => document.getElementById(id);

export const number = value => NUMBER.format(value);

/** Writes only what is new, so that nothing is read out twice. */
export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export class SaleNow {
  #chart = new Chart(find('chart'));
  #sale; // the id of the sale that is shown; null when none is open; undefined at first
  #stock = null;
  #announced = { at: 0, words: '' };
  #refusals = 0;

  /** The sale that is open, or null. */
  get id() {
    return this.#sale ?? null;
  }

  /** How many items it has. */
  get items() {
    return this.#stock?.items ?? 0;
  }

  show(stock) {
    if (stock.sale !== this.#sale) {
      this.#sale = stock.sale;
      this.#chart.reset(stock.items ?? 0);
    }
    this.#stock = stock;
    const open = stock.sale !== null;
    write(find('sale-state'), open ? 'Open now' : 'Between two sales');
    write(find('sale-name'), open ? stock.name ?? `Sale ${stock.sale}` : 'No sale is open');
    document.title = open ? `${number(stock.stock)} left · flashsale` : 'flashsale';
    for (const [id, value] of [
      ['stock', stock.stock], ['items', stock.items], ['sold', stock.sold], ['held', stock.held],
    ]) {
      write(find(id), open ? number(value) : '–');
    }
    find('stock-left').value = open ? stock.stock / stock.items : 0;
    if (open) {
      this.#chart.add(Date.parse(stock.server_time), stock.stock, stock.sold);
    }
    this.tick();
    this.#announce();
  }

  /** What goes on although nothing is heard. */
  tick() {
    const stock = this.#stock;
    if (!stock) {
      return;
    }
    const open = stock.sale !== null;
    const ends = open ? Date.parse(stock.ends_at) : 0;
    const next = stock.next ? Date.parse(stock.next.opens_at) : 0;
    const [words, until] = open && (stock.stock > 0 || next === 0)
      ? ['ends in', ends]
      : next > 0 ? ['the next one opens in', next] : ['', 0];
    write(find('countdown-words'), until > 0 ? words : 'The next one will be announced here.');
    write(find('countdown'), until > 0 ? clock.left(until - clock.now()) : '');
    this.#chart.draw();
    write(find('rate'), open ? number(Math.round(this.#chart.rate())) : '–');
  }

  /** A request of this page was refused. */
  refused() {
    this.#refusals++;
    write(find('refusals'), number(this.#refusals));
  }

  /** For those who do not see it, now and then. */
  #announce() {
    const stock = this.#stock;
    const words = stock.sale === null
      ? 'No sale is open.'
      : `${number(stock.stock)} of ${number(stock.items)} left, ${number(stock.held)} on hold, ${number(stock.sold)} sold.`;
    const now = performance.now();
    if (words !== this.#announced.words && now - this.#announced.at > ANNOUNCE_MS) {
      this.#announced = { at: now, words };
      write(find('summary'), words);
    }
  }
}
