package journal

import (
	"sort"

	"steward/gateway"
)

// The ring holds the newest blocks, so that readers at the head need no disk.
const (
	ringBytes  = 2 << 20
	ringBlocks = 4096
)

// ring is the newest blocks in order, without holes between them.
type ring struct {
	blocks []*block
	bytes  int
}

func (r *ring) add(b *block) {
	r.blocks = append(r.blocks, b)
	r.bytes += len(b.body)
	for len(r.blocks) > 1 && (r.bytes > ringBytes || len(r.blocks) > ringBlocks) {
		r.bytes -= len(r.blocks[0].body)
		r.blocks[0] = nil
		r.blocks = r.blocks[1:]
	}
}

// from is the index of the block that holds seq, or -1.
func (r *ring) from(seq gateway.Seq) int {
	if len(r.blocks) == 0 || seq < r.blocks[0].first {
		return -1
	}
	i := sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].last() >= seq })
	if i == len(r.blocks) {
		return -1
	}
	return i
}
