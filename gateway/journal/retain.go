package journal

import (
	"context"
	"fmt"

	"steward/gateway"
)

const (
	// headsAtOnce is how many old blocks are looked at and deleted at once.
	headsAtOnce = 512
	// giveBackAtOnce bounds what one round gives back to a disk under its
	// reserve, in bytes.
	giveBackAtOnce = 64 << 20
)

// retain lets entries go: what every reader has passed, but for a tenth of
// the limit that stays to be looked at; what is too old; and at the limit the
// oldest, whoever still waits for them.
func (j *Journal) retain() {
	limit := j.opt.MaxBytes
	if j.heldBytes() > limit {
		limit -= limit / 64 // so that not every commit has to delete
	}
	for {
		n := j.letGo(headsAtOnce, func(b *books, h blockInfo, passed bool) (string, bool) {
			switch {
			case j.opt.MaxAge > 0 && j.clock()-h.at > int64(j.opt.MaxAge):
				return ReasonTooOld, true
			case h.last >= b.last:
				return "", false
			case passed && b.bytes > j.opt.MaxBytes/10:
				return ReasonFull, true
			default:
				return ReasonFull, b.bytes > limit
			}
		})
		if n == 0 {
			return
		}
		if err := j.flush(); err != nil {
			j.refused(err)
			return
		}
	}
}

func (j *Journal) heldBytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.books.bytes
}

// letGo takes up to limit of the oldest blocks out of the books, while may
// says so and why, and returns how many. They leave the disk with the next
// flush, in the transaction that counts them.
func (j *Journal) letGo(limit int, may func(b *books, h blockInfo, passed bool) (reason string, ok bool)) (n int) {
	for ; n < limit; n++ {
		h, ok := j.head()
		if !ok {
			break
		}
		j.mu.Lock()
		reason, ok := may(j.books, h, j.books.slowest() >= h.last)
		if ok {
			j.health.drop(reason, j.books.forget(h.last, h.bytes, reason))
			j.writer.deleteTo = h.last
			j.oldest = blockInfo{}
		}
		j.mu.Unlock()
		if !ok {
			break
		}
		j.writer.queue = j.writer.queue[1:]
	}
	j.head() // for Status
	return n
}

// head returns the oldest block the books hold.
func (j *Journal) head() (blockInfo, bool) {
	j.mu.Lock()
	known, from, last := j.oldest, j.books.oldest, j.books.last
	empty := len(j.books.spans) == 0
	j.mu.Unlock()
	if empty || j.st == nil {
		return blockInfo{}, false
	}
	q := &j.writer.queue
	if len(*q) == 0 && known.first != 0 {
		*q = append(*q, known)
	}
	if len(*q) == 0 {
		var err error
		if *q, err = heads(context.Background(), j.st.w, from, last, headsAtOnce); err != nil {
			j.refused(err)
			j.suspicion(err)
			return blockInfo{}, false
		}
		if len(*q) == 0 { // entries without a block: they are lost
			j.lose(from, last)
			return blockInfo{}, false
		}
	}
	h := (*q)[0]
	j.mu.Lock()
	j.oldest = h
	j.mu.Unlock()
	return h, true
}

// guardReserve keeps free disk: it gives back free pages of the file, then
// what every reader has passed, then, where that can restore the reserve,
// the oldest entries. When nothing is left to give, nothing more is written.
func (j *Journal) guardReserve() {
	refused := j.writer.refusing != nil
	j.writer.refusing = nil
	need := j.missing()
	if need > 0 && j.st != nil {
		j.shrink(need)
		need = j.missing()
	}
	if need <= 0 || j.st == nil {
		if refused {
			j.recovered()
		}
		return
	}
	var freed int64
	n := j.letGo(1<<20, func(b *books, h blockInfo, passed bool) (string, bool) {
		if freed >= min(need, giveBackAtOnce) || (!passed && b.bytes+freed < need) {
			return "", false
		}
		freed += h.bytes
		return ReasonReserve, true
	})
	if n > 0 {
		if err := j.flush(); err != nil {
			j.refused(err)
			return
		}
		j.shrink(freed)
	}
	if need = j.missing(); need > 0 && n == 0 {
		free := j.opt.Reserve - need
		j.writer.refusing = fmt.Errorf("journal: %d MiB of disk are free, the reserve is %d MiB", free>>20, j.opt.Reserve>>20)
		j.refused(j.writer.refusing)
	}
}

// missing is by how many bytes the free disk is under the reserve.
func (j *Journal) missing() int64 {
	if j.opt.Reserve <= 0 {
		return 0
	}
	free, err := j.opt.hooks.free(j.opt.Dir)
	if err != nil {
		return 0 // a file system that cannot tell is not a reason to stop
	}
	return j.opt.Reserve - free
}

func (j *Journal) shrink(bytes int64) {
	if err := j.st.shrink(bytes/pageSize + 1); err != nil {
		j.refused(err)
	}
}

// lose notes entries that are corrupt: said once, counted, never in the way
// of the others.
func (j *Journal) lose(first, last gateway.Seq) {
	j.mu.Lock()
	news := j.books.addLost(first, last)
	j.health.corrupt += news
	j.mu.Unlock()
	if news > 0 {
		j.log.Error("journal entries are corrupt: they are lost, the others are not", "dir", j.opt.Dir, "first", first, "last", last, "entries", news)
	}
}
