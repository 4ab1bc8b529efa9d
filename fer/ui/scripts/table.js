// Sorts the table by a column, at a click on its head: upwards, then downwards.
element.addEventListener('click', (event) => {
  const head = event.target.closest('[data-sort]')?.closest('th');
  if (!head) return;
  const up = head.getAttribute('aria-sort') !== 'ascending';
  for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const text = (row) => row.children[head.cellIndex].textContent.replace('−', '-');
  const body = head.closest('table').tBodies[0];
  const rows = [...body.rows].sort((a, b) => text(a).localeCompare(text(b), 'en', { numeric: true }));
  if (head.textContent === 'Valence') rows.sort((a, b) => text(a) - text(b));
  body.append(...(up ? rows : rows.reverse()));
});
