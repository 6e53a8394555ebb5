// Package sparkplug is a Sparkplug B 3.0 host application without a wire: it
// reads payloads, follows every edge node's births, deaths and sequence, and
// says which values came and what is to be published. It reads no clock and
// does no I/O: the same messages at the same times give the same answers.
//
// # What it makes of messages
//
//   - A birth (NBIRTH, DBIRTH) names every metric and gives its present value.
//     The aliases and datatypes in it hold until the next birth.
//   - Data (NDATA, DDATA) is read by the table of its birth. Before a birth
//     nothing in it can be trusted: it is left, and a rebirth is asked for.
//   - One sequence, 0 to 255 and 0 again, counts a node's messages. One that
//     comes too early is held for the reorder time; if what is missing does not
//     come, the node is asked for a rebirth, and what was held is given out in
//     its order. Until the rebirth, values known by alias alone are doubted: the
//     message that was lost may have been a birth with other aliases. Values
//     that carry their name are not.
//   - A death (NDEATH, DDEATH) makes the device lost at the host's time. An
//     NDEATH is the will of one connection, which it names by bdSeq: one of an
//     earlier connection than the present birth's is ignored.
//   - A device that was there before its node's NBIRTH and is not born again
//     within birthPatience is lost.
//
// # What time says
//
// The values of one message travel together: its reading has the newest time
// of its metrics, or the message's own where that lies before the device's
// last reading, or there is none. A historical metric keeps its own time.
//
// # What it asks for
//
// A rebirth is asked for at most once every rebirthPause, growing to
// rebirthPauseMax while the node does not answer, and of at most rebirthsAtOnce
// nodes a Tick: a site that comes back does not ask all its nodes in one
// instant.
package sparkplug
