import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'

/** Postgres' type "char" (one byte), which the catalog's tables use and adapter-pg does not know. */
const charOid = 18
const textOid = 25

/** adapter-pg for migrations: reads the catalog's tables, and makes (and later drops) shadow databases. */
export class MigrationAdapter extends PrismaPg {
  constructor(connection, options, shadows = []) {
    super({ ...connection, max: 4 }, options)
    this.connection = connection
    this.adapterOptions = options
    this.shadows = shadows
  }

  async connect() {
    return readingChars(await super.connect())
  }

  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
    const admin = await this.connect()
    await admin.executeScript(`create database "${database}"`)
    const drop = async () => {
      await admin.executeScript(`drop database if exists "${database}" with (force)`)
      await admin.dispose()
    }
    this.shadows.push(drop)
    const shadow = await new MigrationAdapter(
      { ...this.connection, database },
      this.adapterOptions,
      this.shadows,
    ).connect()
    const dispose = shadow.dispose.bind(shadow)
    shadow.dispose = async () => {
      await dispose()
      this.shadows.splice(this.shadows.indexOf(drop), 1)
      await drop()
    }
    return shadow
  }

  /** The engine does not dispose of a shadow database when it is interrupted. */
  async dropShadows() {
    await Promise.allSettled(this.shadows.splice(0).map((drop) => drop()))
  }
}

/** Lets the adapter read "char" as text, and reports such a column as a character: as text the engine panics. */
function readingChars(queryable) {
  const queryRaw = Object.getPrototypeOf(queryable).queryRaw
  queryable.queryRaw = async (query) => {
    const columns = new Set()
    const performIO = async (asked) => {
      const result = await queryable.performIO(asked)
      result.fields.forEach((field, index) => {
        if (field.dataTypeID !== charOid) return
        columns.add(index)
        field.dataTypeID = textOid
      })
      return result
    }
    const result = await queryRaw.call(Object.create(queryable, { performIO: { value: performIO } }), query)
    for (const index of columns) result.columnTypes[index] = ColumnTypeEnum.Character
    return result
  }
  if (queryable.startTransaction) {
    const start = queryable.startTransaction.bind(queryable)
    queryable.startTransaction = async (...args) => readingChars(await start(...args))
  }
  return queryable
}
