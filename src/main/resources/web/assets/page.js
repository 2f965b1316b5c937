// The page of the sale: what the feed says goes to its parts, and what is done in one of them to the others.

import * as clock from './clock.js';
import { openFeed } from './feed.js';
import { Purchasing } from './checkout.js';
import { SaleNow, number, write } from './sale.js';
import { Wall } from './wall.js';

const STATES = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' };

const find = id => document.getElementById(id);

let node = '';
let wallSale = null;
let onTheWall = null; // the last message about items

const sale = new SaleNow();
const wall = new Wall(find('wall'), item => purchasing.toggle(item), pointed);
const purchasing = new Purchasing(wall, sale, marked);

function pointed(item, state) {
  write(find('wall-point'), item === null ? '' : `Item ${item}: ${state}`);
}

function marked(picked, mine) {
  wall.mark(picked, mine);
  write(find('count-mine'), number(mine.size));
}

function received(message) {
  switch (message.type) {
    case 'connection':
      node = message.node;
      break;
    case 'stock':
      stock(message);
      break;
    case 'items':
      items(message);
      break;
    default: // what this page has not asked for
  }
}

function stock(message) {
  const before = sale.id;
  sale.show(message);
  if (message.sale !== before) {
    purchasing.saleChanged();
    if (message.sale !== null && message.sale !== wallSale) {
      wallSale = message.sale;
      wall.clear(message.items);
      counts();
      if (onTheWall?.sale === message.sale) {
        items(onTheWall); // it came first
      }
    }
  }
  find('wall').classList.toggle('over', message.sale === null);
}

function items(message) {
  onTheWall = message;
  if (message.sale === null || message.sale !== sale.id) {
    return; // of a sale that is over
  }
  wallSale = message.sale;
  wall.show(message.items, message.sold, message.held);
  counts();
  purchasing.wallChanged();
}

function counts() {
  const { free, held, sold } = wall.counts;
  write(find('count-free'), number(free));
  write(find('count-held'), number(held));
  write(find('count-sold'), number(sold));
}

function state(now) {
  find('link').dataset.state = now;
  write(find('link-words'), now === 'live' && node ? `Live · ${node}` : STATES[now]);
  document.body.classList.toggle('stale', now === 'reconnecting');
}

openFeed(['items'], received, state);
setInterval(() => {
  sale.tick();
  purchasing.tick(clock.now());
}, 250);
