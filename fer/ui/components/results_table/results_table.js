// Sorts the table by a column, at a click on its head: upwards, then downwards.
element.addEventListener('click', (event) => {
  const head = event.target.closest('[data-sort]')?.closest('th');
  if (!head) return;
  const up = head.getAttribute('aria-sort') !== 'ascending';
  for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const cell = (row) => row.children[head.cellIndex];
  const number = (row) => Number(cell(row).dataset.number ?? 0);
  const text = (row) => cell(row).textContent;
  const inOrder = (a, b) =>
    number(a) - number(b) || text(a).localeCompare(text(b), 'en', { numeric: true });
  const body = head.closest('table').tBodies[0];
  const rows = [...body.rows].sort(inOrder);
  body.append(...(up ? rows : rows.reverse()));
});
