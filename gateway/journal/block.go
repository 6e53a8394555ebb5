package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	"steward/gateway"
)

// maxBlock is how large a block's body grows before the group goes on in
// another one, so that reading never needs one huge piece.
const maxBlock = 256 << 10

// block is a run of entries with consecutive numbers, all received in the
// same hour: one row on disk.
type block struct {
	first  gateway.Seq
	hour   int64 // since the Unix epoch
	lo, hi int64 // ns: received of the earliest and the latest entry
	body   []byte
	ends   []uint32 // where each line ends in body, with its newline
}

func (b *block) last() gateway.Seq { return b.first + gateway.Seq(len(b.ends)) - 1 }

// size is what a block counts for in the journal's limit.
func (b *block) size() int64 { return int64(len(b.body)) + 4*int64(len(b.ends)) + blockOverhead }

// blockOverhead is about what a row costs beside its two blobs, in bytes.
const blockOverhead = 64

// entry is the i-th line without its newline.
func (b *block) entry(i int) gateway.Entry {
	var start uint32
	if i > 0 {
		start = b.ends[i-1]
	}
	return gateway.Entry{Seq: b.first + gateway.Seq(i), Line: b.body[start : b.ends[i]-1 : b.ends[i]-1]}
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// appendSums writes the checksum of every entry: CRC-32C of its line,
// little-endian.
func (b *block) appendSums(dst []byte) []byte {
	table := castagnoli()
	for i := range b.ends {
		dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(b.entry(i).Line, table))
	}
	return dst
}

// decodeBlock appends the entries of a block as it was read from disk to dst.
// Entries whose checksum does not fit are missing; the others keep their
// numbers. The lines point into body.
func decodeBlock(dst []gateway.Entry, first gateway.Seq, sums, body []byte) []gateway.Entry {
	table := castagnoli()
	pos := 0
	for i := range len(sums) / 4 {
		end := bytes.IndexByte(body[pos:], '\n')
		if end < 0 || crc32.Checksum(body[pos:pos+end], table) != sumAt(sums, i) {
			return resync(dst, first, sums, body, i, pos)
		}
		dst = append(dst, gateway.Entry{Seq: first + gateway.Seq(i), Line: body[pos : pos+end : pos+end]})
		pos += end + 1
	}
	return dst
}

func sumAt(sums []byte, i int) uint32 { return binary.LittleEndian.Uint32(sums[4*i:]) }

// resync goes on behind damage at entry i, byte pos: a line whose checksum is
// that of a later entry says which entry it is. A newline that became another
// character is found by the checksum of what stands before it.
func resync(dst []gateway.Entry, first gateway.Seq, sums, body []byte, i, pos int) []gateway.Entry {
	table := castagnoli()
	n := len(sums) / 4
	index := make(map[uint32]int, n-i)
	for j := n - 1; j >= i; j-- {
		index[sumAt(sums, j)] = j
	}
	take := func(j int, line []byte) {
		dst = append(dst, gateway.Entry{Seq: first + gateway.Seq(j), Line: line[:len(line):len(line)]})
		i = j + 1
	}
	for pos < len(body) && i < n {
		end := bytes.IndexByte(body[pos:], '\n')
		if end < 0 {
			end = len(body) - pos
		}
		segment := body[pos : pos+end]
		sum := crc32.Checksum(segment, table)
		if sum == sumAt(sums, i) {
			take(i, segment)
		} else if j, ok := index[sum]; ok && j > i {
			take(j, segment)
		} else if length := mergedPrefix(segment, sumAt(sums, i), table); length >= 0 {
			take(i, segment[:length])
			pos += length + 1
			continue
		}
		pos += end + 1
	}
	return dst
}

// mergedPrefix is the length of the line with the checksum at the beginning
// of a segment in which one bit of a newline flipped, or -1.
func mergedPrefix(segment []byte, sum uint32, table *crc32.Table) int {
	var running uint32
	for i := range segment {
		if running == sum && bits.OnesCount8(segment[i]^'\n') == 1 {
			return i
		}
		running = crc32.Update(running, table, segment[i:i+1])
	}
	return -1
}
