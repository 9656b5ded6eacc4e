/* A table that sorts by its headings, and shows some rows at first and more on demand.
 *
 * A column: { key, title, hint, value(row), text(row), cell(row) }.  value is what is sorted by;
 * text is shown, the value as a count by default; cell makes an element instead.
 */
import { make } from './dom.js'
import { count, exact } from './number.js'

const FIRST = 40, PAGE = 200

const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0

export class Table {
  /* detail(row): a function that makes the element below a row that is opened; undefined: the row does not open. */
  constructor(section, caption, columns, rows, sorted, detail) {
    Object.assign(this, { columns, rows, detail, sorted, down: true, shown: FIRST, keep: () => true })
    this.body = make('tbody')
    this.heads = columns.map(c => this.head(c))
    this.more = make('button', { type: 'button', class: 'more', onclick: () => this.showMore() })
    const table = make('table', {}, make('caption', {}, caption),
      make('thead', {}, make('tr', {}, ...this.heads)), this.body)
    section.append(make('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': caption }, table),
      this.more)
  }

  head(column) {
    const button = make('button', { type: 'button', title: column.hint, onclick: () => this.sortBy(column) },
      column.title)
    return make('th', { scope: 'col', class: column.name ? 'name' : '' }, button)
  }

  /* Numbers start largest first, names with the letter a. */
  sortBy(column) {
    this.down = this.sorted === column.key ? !this.down : !column.name
    this.sorted = column.key
    this.draw()
  }

  /* Draws what is to be kept. */
  filter(keep) {
    Object.assign(this, { keep, shown: FIRST })
    this.draw()
  }

  showMore() {
    const before = this.shown
    this.shown += PAGE
    this.draw()
    this.body.rows[before]?.querySelector('button')?.focus()
  }

  draw() {
    const column = this.columns.find(c => c.key === this.sorted)
    const sign = this.down ? -1 : 1
    this.found = this.rows.filter(this.keep)
    const found = this.found.map(row => ({ row, by: column.value(row) }))
      .sort((a, b) => sign * compare(a.by, b.by) || a.row.index - b.row.index)
    const left = found.length - this.shown
    this.columns.forEach((c, i) => this.heads[i].setAttribute('aria-sort',
      c !== column ? 'none' : this.down ? 'descending' : 'ascending'))
    this.body.replaceChildren(...found.slice(0, this.shown).map(({ row }) => this.line(row)))
    if (found.length === 0)
      this.body.append(make('tr', {}, make('td', { class: 'none', colspan: this.columns.length }, 'Nothing is found')))
    this.more.hidden = left <= 0
    this.more.textContent = `Show ${exact(Math.min(PAGE, left))} more of ${exact(left)} rows`
  }

  line(row) {
    const line = make('tr')
    line.append(...this.columns.map(c => this.cell(c, row, line)))
    return line
  }

  cell(column, row, line) {
    if (column.name)
      return make('th', { scope: 'row', class: 'name' }, this.name(column, row, line))
    if (column.cell)
      return make('td', { class: 'picture' }, column.cell(row))
    const value = column.value(row)
    return make('td', { title: typeof value === 'number' ? exact(value) : undefined },
      column.text ? column.text(row) : count(value))
  }

  /* A row that has details opens by its name. */
  name(column, row, line) {
    const detail = this.detail?.(row)
    if (!detail)
      return column.cell(row)
    const button = make('button', { type: 'button', class: 'open', 'aria-expanded': 'false' }, column.cell(row))
    button.addEventListener('click', () => this.toggle(button, line, detail))
    return button
  }

  toggle(button, line, detail) {
    const open = button.getAttribute('aria-expanded') === 'false'
    button.setAttribute('aria-expanded', String(open))
    if (open)
      line.after(make('tr', { class: 'detail' }, make('td', { colspan: this.columns.length }, detail())))
    else
      line.nextElementSibling.remove()
  }
}
