package modbus

import (
	"encoding/binary"
	"fmt"

	"steward/gateway/config"
)

// request is one read of one unit.
type request struct {
	unit  byte
	table config.Table
	first uint16
	count uint16
}

// size is how many bytes of data a complete answer carries.
func (r request) size() int {
	if isBits(r.table) {
		return (int(r.count) + 7) / 8
	}
	return 2 * int(r.count)
}

var tableNames = map[config.Table]string{config.Coils: "coil", config.DiscreteInputs: "discrete",
	config.HoldingRegisters: "holding", config.InputRegisters: "input"}

// String names what is read, for people: "holding 40+2".
func (r request) String() string {
	return fmt.Sprintf("%s %d+%d", tableNames[r.table], r.first, r.count)
}

// framer wraps requests for one kind of wire and finds their answers.
type framer interface {
	// frame appends the request's frame to dst.
	frame(dst []byte, r request) []byte
	// scan looks at the bytes received so far. A data is the answer, with
	// used bytes consumed. An error is the device's refusal (*exception) or
	// says why the bytes are no answer (*mismatch). Without both, used bytes
	// were a stray, late or foreign; 0 means that more bytes are needed.
	scan(in []byte, r request) (data []byte, used int, err error)
}

// exception is the device's own refusal.
type exception struct {
	code byte
	req  request
}

var exceptionNames = map[byte]string{1: "illegal function", 2: "illegal data address", 3: "illegal data value",
	4: "device failure", 5: "acknowledged, not ready yet", 6: "device busy", 8: "memory parity error",
	10: "gateway path unavailable", 11: "gateway target does not answer"}

func (e *exception) Error() string {
	name := exceptionNames[e.code]
	if name == "" {
		name = "unknown"
	}
	return fmt.Sprintf("exception %d: %s at %s", e.code, name, e.req)
}

// mismatch is a frame that cannot be the answer to the request.
type mismatch struct{ text string }

func (e *mismatch) Error() string { return "broken answer: " + e.text }

// exceptionBit marks the function code of a refusal.
const exceptionBit = 0x80

// pdu checks function code, byte count and data of an answer.
func (r request) pdu(in []byte) ([]byte, error) {
	if len(in) < 2 {
		return nil, &mismatch{fmt.Sprintf("%d bytes are too few", len(in))}
	}
	switch in[0] {
	case byte(r.table):
	case byte(r.table) | exceptionBit:
		return nil, &exception{in[1], r}
	default:
		return nil, &mismatch{fmt.Sprintf("function %d, want %d", in[0], r.table)}
	}
	if want := r.size(); int(in[1]) != want || len(in)-2 != want {
		return nil, &mismatch{fmt.Sprintf("count says %d and %d bytes came, want %d", in[1], len(in)-2, want)}
	}
	return in[2:], nil
}

// mbap frames Modbus TCP: transaction, protocol 0, length, unit, PDU.
type mbap struct{ transaction uint16 }

const (
	mbapHeader = 7
	mbapMax    = 260
)

var _ framer = (*mbap)(nil)

func (m *mbap) frame(dst []byte, r request) []byte {
	m.transaction++
	dst = binary.BigEndian.AppendUint16(dst, m.transaction)
	dst = append(dst, 0, 0, 0, 6, r.unit, byte(r.table))
	dst = binary.BigEndian.AppendUint16(dst, r.first)
	return binary.BigEndian.AppendUint16(dst, r.count)
}

func (m *mbap) scan(in []byte, r request) ([]byte, int, error) {
	if len(in) < mbapHeader {
		return nil, 0, nil
	}
	protocol, length := binary.BigEndian.Uint16(in[2:]), int(binary.BigEndian.Uint16(in[4:]))
	end := mbapHeader - 1 + length
	if protocol != 0 || length < 3 || end > mbapMax {
		return nil, len(in), &mismatch{fmt.Sprintf("no Modbus TCP header: % x", in[:mbapHeader])}
	}
	if len(in) < end {
		return nil, 0, nil
	}
	if binary.BigEndian.Uint16(in) != m.transaction {
		return nil, end, nil
	}
	if in[6] != r.unit {
		return nil, end, &mismatch{fmt.Sprintf("unit %d, want %d", in[6], r.unit)}
	}
	data, err := r.pdu(in[mbapHeader:end])
	return data, end, err
}

// rtu frames Modbus RTU: unit, PDU, CRC.
type rtu struct{}

const (
	rtuExtra = 5 // unit, function, count and CRC around an answer's data
	rtuMax   = 256
)

var _ framer = rtu{}

func (rtu) frame(dst []byte, r request) []byte {
	begin := len(dst)
	dst = append(dst, r.unit, byte(r.table))
	dst = binary.BigEndian.AppendUint16(dst, r.first)
	dst = binary.BigEndian.AppendUint16(dst, r.count)
	return binary.LittleEndian.AppendUint16(dst, crc16(dst[begin:]))
}

// scan accepts a frame behind noise, as RS-485 turn-rounds make it: what
// counts is a frame with a right CRC.
func (rtu) scan(in []byte, r request) ([]byte, int, error) {
	for at := range in {
		end, ok := rtuEnd(in[at:])
		if !ok || crc16(in[at:at+end]) != 0 {
			continue
		}
		if in[at] != r.unit { // somebody else's: late
			return nil, at + end, nil
		}
		data, err := r.pdu(in[at+1 : at+end-2])
		return data, at + end, err
	}
	return nil, 0, nil
}

// rtuEnd returns how long the answer at the beginning of in is, when it could
// be one and is complete.
func rtuEnd(in []byte) (end int, ok bool) {
	if len(in) < rtuExtra {
		return 0, false
	}
	switch function := in[1]; {
	case function >= 1 && function <= 4:
		end = rtuExtra + int(in[2])
	case function > exceptionBit:
		end = rtuExtra
	default:
		return 0, false
	}
	return end, end <= len(in)
}

// crc16 is the CRC of Modbus RTU; over a frame with its own CRC it is 0.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc = crc>>4 ^ crcNibble[(crc^uint16(c))&0xF]
		crc = crc>>4 ^ crcNibble[(crc^uint16(c>>4))&0xF]
	}
	return crc
}

// crcNibble is the CRC's table for the polynomial 0xA001, four bits at a time.
var crcNibble = [16]uint16{0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
	0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400}
