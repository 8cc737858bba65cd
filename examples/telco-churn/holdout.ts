/** The held-out customers: read from the run that made the model, and put into V1 and V2 requests. */
export type Holdout = { columns: string[]; rows: (string | number | null)[][]; labels: number[] }

const labelColumn = 'churn'

/** Reads the CSV that training wrote (pandas: plain commas, quotes only where needed). Empty cells are null. */
export function parseHoldout(csv: string): Holdout {
  const lines = csv.trim().split(/\r?\n/).map(splitLine)
  const header = lines[0] ?? []
  const label = header.indexOf(labelColumn)
  if (label < 0) throw new Error(`the held-out rows have no column ${labelColumn}`)
  const body = lines.slice(1)
  const texts = header.map((_, column) => body.some((row) => !isNumber(row[column] ?? '')))
  const rows = body.map((row) =>
    row
      .map((cell, column) => (cell === '' ? null : texts[column] ? cell : Number(cell)))
      .filter((_, column) => column !== label),
  )
  return {
    columns: header.filter((_, column) => column !== label),
    rows,
    labels: body.map((row) => Number(row[label])),
  }
}

function splitLine(line: string): string[] {
  const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? []
  return cells
    .slice(0, line.endsWith(',') ? cells.length : cells.length - 1)
    .map((cell) => cell.replace(/,$/, ''))
    .map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell))
}

function isNumber(cell: string): boolean {
  return cell === '' || Number.isFinite(Number(cell))
}

/** One customer as a V1 request: an object by column name. */
export function v1Request(holdout: Holdout, row: number): unknown {
  const values = holdout.rows[row] ?? []
  return { instances: [Object.fromEntries(holdout.columns.map((column, index) => [column, values[index] ?? null]))] }
}

/** One customer as a V2 request: a tensor of one element per column, with the datatypes that the endpoint declares. */
export function v2Request(holdout: Holdout, row: number, datatypes: ReadonlyMap<string, string>, id: string): unknown {
  const values = holdout.rows[row] ?? []
  const inputs = holdout.columns.map((name, index) => ({
    name,
    shape: [1],
    datatype: datatypes.get(name) ?? 'BYTES',
    data: [values[index] ?? null],
  }))
  return { id, inputs }
}
