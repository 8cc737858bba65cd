import { AppError } from '@keelson/process/app-error'

/** A table by column. Values are text as it stands in the file; empty where there is nothing. */
export type Table = { columns: readonly string[]; values: ReadonlyMap<string, readonly string[]>; rows: number }

/** Comma-separated values with a header line and RFC 4180 quotes. Throws `invalid` with the line that is wrong. */
export function parseCsv(text: string): Table {
  const records = readRecords(text)
  const header = records[0]
  if (header === undefined) throw new AppError('invalid', 'The table is empty: it has no header line.')
  const values = header.map(() => [] as string[])
  for (const [place, record] of records.slice(1).entries()) {
    if (record.length === 1 && record[0] === '') continue
    if (record.length !== header.length)
      throw new AppError(
        'invalid',
        `Row ${place + 1} of the table has ${record.length} values; the header has ${header.length}.`,
      )
    for (const [column, value] of record.entries()) values[column]?.push(value)
  }
  return {
    columns: header,
    values: new Map(header.map((name, column) => [name, values[column] ?? []])),
    rows: values[0]?.length ?? 0,
  }
}

function readRecords(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    const field = text[at] === '"' ? quoted(text, at) : plain(text, at)
    record.push(field.value)
    at = field.end
    if (text[at] === ',') {
      at += 1
      if (at === text.length) record.push('')
      continue
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
    records.push(record)
    record = []
  }
  if (record.length > 0) records.push(record)
  return records
}

function plain(text: string, from: number): { value: string; end: number } {
  let end = from
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1
  return { value: text.slice(from, end), end }
}

function quoted(text: string, from: number): { value: string; end: number } {
  let value = ''
  let at = from + 1
  for (;;) {
    const close = text.indexOf('"', at)
    if (close < 0) throw new AppError('invalid', 'The table ends inside quotes.')
    value += text.slice(at, close)
    if (text[close + 1] !== '"') return { value, end: close + 1 }
    value += '"'
    at = close + 2
  }
}
