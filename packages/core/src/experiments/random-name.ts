import { randomInt } from 'node:crypto'

const adjectives =
  'able agile amber ample azure bold brave brisk bright calm candid casual civil clean clever cosmic crisp daring deft eager early easy exact fair fancy fast fine fleet fond frank free fresh gentle glad golden grand handy hardy humble ideal jolly keen kind lively loyal lucid lucky mellow merry mild neat nimble noble open placid plain polite prime proud quick quiet rapid rare ready regal robust rosy royal rugged serene sharp silent silver sleek smart smooth solid sound spry stable stout sunny sure swift tidy tough tranquil true upbeat valiant vivid warm wise witty zesty'.split(
    ' ',
  )
const nouns =
  'anchor barge bay beacon boat bow breeze brig buoy cabin canal canoe cape cargo chart clipper coast compass coral cove crane crew current cutter deck delta dinghy dock dolphin ferry fjord fleet foam frigate galley gannet gull harbor haven heron hull island jetty jib kayak keel ketch lagoon lantern ledger locker log marina mast mooring narwhal oar ocean osprey otter pearl pelican pier pilot plover port prow puffin quay raft reef rigging river rope rudder sail schooner seal shell shoal shore skiff sloop sound spar squid star starboard stern strait surf tern tide tiller trawler tug tuna vessel voyage walrus wave whale wharf yacht'.split(
    ' ',
  )

/** A name for what came without one: `brisk-otter-512`, at most 20 characters, as MLflow makes them up. */
export function randomName(): string {
  const pick = (words: readonly string[]) => words[randomInt(words.length)] ?? ''
  return `${pick(adjectives)}-${pick(nouns)}-${randomInt(1000)}`.slice(0, 20)
}
