// All items of a sale on one canvas, each with its state.

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;

const WORDS = ['free', 'held', 'sold'];
const FLASH_MS = 900;
const MOST_PITCH = 44;

/** How far beside an item a finger may be. */
const FINGER_PX = 14;

export class Wall {
  #canvas;
  #states = new Uint8Array(0);
  #counts = [0, 0, 0];
  #picked = new Set();
  #mine = new Set();
  #changed = new Map(); // item -> when it was sold, for as long as that can be seen
  #cursor = -1; // the item under the pointer, or where the keyboard is
  #columns = 1;
  #pitch = 1;
  #dirty = false;
  #blank = true; // nothing has been shown since it was cleared
  #onPick;
  #onPoint;

  /**
   * @param onPick gets the number of an item that was chosen
   * @param onPoint gets the number and the state, in words, of the item that is pointed at, or null
   */
  constructor(canvas, onPick, onPoint) {
    this.#canvas = canvas;
    this.#onPick = onPick;
    this.#onPoint = onPoint;
    new ResizeObserver(() => this.#layOut()).observe(canvas.parentElement);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
    canvas.addEventListener('pointermove', event => this.#point(this.#at(event)));
    canvas.addEventListener('pointerleave', () => this.#point(-1));
    canvas.addEventListener('click', event => this.#pick(this.#near(event)));
    canvas.addEventListener('keydown', event => this.#key(event));
    canvas.addEventListener('blur', () => this.#point(-1));
  }

  get items() {
    return this.#states.length;
  }

  /** How many are free, held and sold. */
  get counts() {
    return { free: this.#counts[FREE], held: this.#counts[HELD], sold: this.#counts[SOLD] };
  }

  stateOf(item) {
    return this.#states[item];
  }

  /** Forgets what it shows. */
  clear(items) {
    this.#states = new Uint8Array(items);
    this.#counts = [items, 0, 0];
    this.#changed.clear();
    this.#cursor = -1;
    this.#blank = true;
    this.#layOut();
  }

  /** What the feed says, in bitmaps: base64, the lowest bit first. */
  show(items, sold, held) {
    if (this.#states.length !== items) {
      this.clear(items);
    }
    const first = this.#blank;
    this.#blank = false;
    const soldBytes = Uint8Array.from(atob(sold), letter => letter.charCodeAt(0));
    const heldBytes = Uint8Array.from(atob(held), letter => letter.charCodeAt(0));
    const has = (bytes, item) => (bytes[item >> 3] >> (item & 7) & 1) === 1;
    const counts = [0, 0, 0];
    const now = performance.now();
    for (let item = 0; item < items; item++) {
      const state = has(soldBytes, item) ? SOLD : has(heldBytes, item) ? HELD : FREE;
      if (state === SOLD && this.#states[item] !== SOLD && !first) {
        this.#changed.set(item, now);
      }
      this.#states[item] = state;
      counts[state]++;
    }
    this.#counts = counts;
    if (first || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#changed.clear();
    }
    this.#draw();
  }

  /** What is chosen, and what is held or bought by this user, are marked. */
  mark(picked, mine) {
    this.#picked = new Set(picked);
    this.#mine = new Set(mine);
    this.#draw();
  }

  /** Any item that is free and not in {@code but}, or -1. */
  randomFree(but) {
    const free = [];
    this.#states.forEach((state, item) => state === FREE && !but.has(item) && free.push(item));
    return free.length > 0 ? free[Math.floor(Math.random() * free.length)] : -1;
  }

  // ---------------------------------------------------------------- pointer and keyboard

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / this.#pitch);
    const row = Math.floor((event.clientY - box.top) / this.#pitch);
    const item = row * this.#columns + column;
    return column >= 0 && column < this.#columns && item >= 0 && item < this.items ? item : -1;
  }

  /** For a finger, the nearest that is free: they are smaller than it. */
  #near(event) {
    const item = this.#at(event);
    if (event.pointerType !== 'touch' || item < 0 || this.#states[item] === FREE) {
      return item;
    }
    const reach = Math.ceil(FINGER_PX / this.#pitch);
    const [row, column] = [Math.floor(item / this.#columns), item % this.#columns];
    let best = { item, distance: Infinity };
    for (let y = row - reach; y <= row + reach; y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(this.#columns - 1, column + reach); x++) {
        const other = y * this.#columns + x;
        const distance = Math.hypot(y - row, x - column);
        if (this.#states[other] === FREE && distance < best.distance) {
          best = { item: other, distance };
        }
      }
    }
    return best.item;
  }

  #key(event) {
    const step = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns,
    }[event.key];
    if (step && this.items > 0) {
      event.preventDefault();
      const next = this.#cursor < 0 ? 0 : this.#cursor + step;
      this.#point(Math.min(this.items - 1, Math.max(0, next)));
    } else if ((event.key === 'Enter' || event.key === ' ') && this.#cursor >= 0) {
      event.preventDefault();
      this.#pick(this.#cursor);
    }
  }

  #point(item) {
    if (item !== this.#cursor) {
      this.#cursor = item;
      this.#onPoint(item < 0 ? null : item, this.#word(item));
      this.#draw();
    }
  }

  #pick(item) {
    if (item >= 0) {
      this.#cursor = item;
      this.#onPoint(item, this.#word(item));
      this.#onPick(item);
    }
  }

  #word(item) {
    return this.#mine.has(item) ? 'yours' : WORDS[this.#states[item]];
  }

  // ---------------------------------------------------------------- drawing

  /** As wide as there is room, and of a shape that fits the screen. */
  #layOut() {
    const width = this.#canvas.parentElement.clientWidth;
    const shape = width < 560 ? 0.64 : 1.5625; // 10,000 items: 80 x 125, 125 x 80
    const items = Math.max(1, this.items);
    const columns = Math.max(1, Math.round(Math.sqrt(items * shape)));
    this.#pitch = Math.min(MOST_PITCH, width / columns);
    this.#columns = columns;
    const rows = Math.ceil(items / columns);
    this.#canvas.style.width = `${columns * this.#pitch}px`;
    this.#canvas.style.height = `${rows * this.#pitch}px`;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = Math.round(columns * this.#pitch * scale);
    this.#canvas.height = Math.round(rows * this.#pitch * scale);
    this.#draw();
  }

  #draw() {
    if (!this.#dirty) {
      this.#dirty = true;
      requestAnimationFrame(now => {
        this.#dirty = false;
        this.#paint(now);
      });
    }
  }

  #paint(now) {
    const pen = this.#canvas.getContext('2d');
    const style = getComputedStyle(this.#canvas);
    const colour = name => style.getPropertyValue(name).trim();
    const fills = [colour('--free'), colour('--held'), colour('--sold')];
    const sizes = [0.76, 0.76, 0.36]; // what is sold is gone: not only its colour says so
    const pitch = this.#canvas.width / this.#columns;
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const square = (item, share) => {
      const side = Math.max(1, pitch * share);
      const inset = (pitch - side) / 2;
      const left = item % this.#columns * pitch + inset;
      const top = Math.floor(item / this.#columns) * pitch + inset;
      pen.fillRect(left, top, side, side);
    };
    for (const state of [FREE, HELD, SOLD]) {
      pen.fillStyle = fills[state];
      for (let item = 0; item < this.items; item++) {
        if (this.#states[item] === state) {
          square(item, sizes[state]);
        }
      }
    }
    pen.fillStyle = colour('--accent');
    for (const [item, since] of this.#changed) {
      const over = (now - since) / FLASH_MS;
      if (over >= 1) {
        this.#changed.delete(item);
      } else {
        pen.globalAlpha = Math.min(1, 1 - over);
        square(item, 1);
      }
    }
    pen.globalAlpha = 1;
    this.#mine.forEach(item => item < this.items && square(item, 1));
    pen.strokeStyle = colour('--accent');
    this.#picked.forEach(item => this.#ring(pen, pitch, item, 2));
    if (this.#cursor >= 0) {
      pen.strokeStyle = colour('--ink');
      this.#ring(pen, pitch, this.#cursor, 2);
    }
    if (this.#changed.size > 0) {
      this.#draw();
    }
  }

  #ring(pen, pitch, item, width) {
    const scale = devicePixelRatio || 1;
    const side = Math.max(pitch, 9 * scale);
    const x = (item % this.#columns + 0.5) * pitch - side / 2;
    const y = (Math.floor(item / this.#columns) + 0.5) * pitch - side / 2;
    pen.lineWidth = width * scale;
    pen.strokeRect(x, y, side, side);
  }
}
