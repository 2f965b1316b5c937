// Two small charts on one canvas, one above the other: what is left, and what is sold in each second.

import * as clock from './clock.js';

const LEAST_SECONDS = 30;
const SECONDS = 120; // as far as it goes back
const GAP_SECONDS = 7; // of silence: nobody knows what happened in between
const LABELS_PX = 44;
const AXIS_PX = 18;

export class Chart {
  #canvas;
  #points = []; // {second, stock, sold}, one for each second in which something was heard
  #items = 0;
  #drawing = false;

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /** Another sale: what was is no part of it. */
  reset(items) {
    this.#points = [];
    this.#items = items;
    this.draw();
  }

  add(time, stock, sold) {
    const second = Math.floor(time / 1000);
    const last = this.#points.at(-1);
    if (last && last.second >= second) {
      Object.assign(last, { stock, sold });
    } else {
      this.#points.push({ second, stock, sold });
      this.#points = this.#points.filter(point => point.second >= second - SECONDS - 1);
    }
    this.draw();
  }

  /** Sold in the last second that is over. */
  rate() {
    const over = Math.floor(clock.now() / 1000) - 1;
    return this.#rates().find(point => point.second === over)?.rate ?? 0;
  }

  /** Every change is told, so that nothing has changed in seconds in which nothing was heard. */
  #rates() {
    return this.#points.flatMap((point, i) => {
      const before = this.#points[i - 1];
      const known = before !== undefined && point.second - before.second <= GAP_SECONDS;
      const change = { ...point, known, rate: known ? point.sold - before.sold : 0 };
      return known && point.second - before.second > 1
        ? [{ ...before, second: point.second - 1, known, rate: 0 }, change]
        : [change];
    });
  }

  draw() {
    if (!this.#drawing) {
      this.#drawing = true;
      requestAnimationFrame(() => {
        this.#drawing = false;
        this.#paint();
      });
    }
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const pen = this.#canvas.getContext('2d');
    pen.scale(scale, scale);
    const style = getComputedStyle(this.#canvas);
    const colour = name => style.getPropertyValue(name).trim();
    pen.font = `12px ${style.fontFamily}`;

    const right = width - LABELS_PX;
    const upper = { top: 8, bottom: Math.round((height - AXIS_PX) * 0.6) };
    const lower = { top: upper.bottom + 24, bottom: height - AXIS_PX };
    const rates = this.#rates();
    const last = this.#points.at(-1);
    const now = Math.floor(clock.now() / 1000);
    if (last && now > last.second && now - last.second <= GAP_SECONDS) {
      rates.push({ ...last, second: now, known: true, rate: 0 }); // nothing has happened since
    }
    const end = rates.at(-1)?.second ?? now;
    const known = end - (rates[0]?.second ?? end);
    const shown = Math.min(SECONDS, Math.max(LEAST_SECONDS, known));
    const x = second => right - (end - second) / shown * right;
    const mostRate = niceCeiling(Math.max(4, ...rates.map(point => point.rate)));

    const frame = (area, most) => {
      pen.strokeStyle = colour('--line');
      pen.fillStyle = colour('--muted');
      pen.lineWidth = 1;
      pen.textAlign = 'left';
      for (const [share, label] of [[0, '0'], [1, short(most)]]) {
        const y = Math.round(area.bottom - share * (area.bottom - area.top)) + 0.5;
        pen.beginPath();
        pen.moveTo(0, y);
        pen.lineTo(right, y);
        pen.stroke();
        pen.fillText(label, right + 8, y + 4);
      }
    };
    frame(upper, this.#items);
    frame(lower, mostRate);
    pen.fillText(shown < SECONDS ? `${shown} s ago` : '2 min ago', 0, height - 3);
    pen.textAlign = 'right';
    pen.fillText('now', right, height - 3);

    const y = stock => upper.bottom - stock / (this.#items || 1) * (upper.bottom - upper.top);
    for (const part of unbroken(rates)) {
      pen.beginPath();
      part.forEach((point, i) => {
        const px = x(point.second);
        if (i === 0) {
          pen.moveTo(px, y(point.stock));
        } else {
          pen.lineTo(px, y(point.stock));
        }
      });
      pen.strokeStyle = colour('--accent');
      pen.lineWidth = 2;
      pen.lineJoin = 'round';
      pen.stroke();
      pen.lineTo(x(part.at(-1).second), upper.bottom);
      pen.lineTo(x(part[0].second), upper.bottom);
      pen.closePath();
      pen.globalAlpha = 0.12;
      pen.fillStyle = colour('--accent');
      pen.fill();
      pen.globalAlpha = 1;
    }

    pen.fillStyle = colour('--ink');
    const bar = Math.max(1, Math.min(8, right / shown - 1));
    for (const point of rates) {
      const tall = point.rate / mostRate * (lower.bottom - lower.top);
      if (tall > 0 && x(point.second) >= bar) {
        pen.fillRect(x(point.second) - bar, lower.bottom - Math.max(1, tall), bar, Math.max(1, tall));
      }
    }
  }
}

function unbroken(points) {
  const parts = [];
  for (const point of points) {
    if (point.known) {
      parts.at(-1).push(point);
    } else {
      parts.push([point]);
    }
  }
  return parts;
}

/** 1, 2 or 5 with zeros. */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value);
}

function short(number) {
  return number >= 10_000 ? `${Math.round(number / 1000)}k` : number.toLocaleString();
}
