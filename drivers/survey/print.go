package survey

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"steward/gateway/config"
)

// Print writes what a range holds, a line an address: the word in hexadecimal
// and as 16-bit numbers, and the 32-bit numbers that begin there, high word
// first and low word first. Of bits it writes 0 and 1. Neighbours that were
// refused alike share a line.
func (d *Dump) Print(w io.Writer) error {
	if d.Table == config.Coils || d.Table == config.DiscreteInputs {
		return d.printBits(w)
	}
	if _, err := fmt.Fprintf(w, "%-8s %-6s %6s %7s  %13s %13s  %11s %11s\n", d.Table, "hex", "uint16", "int16",
		"float32 big", "little", "int32 big", "little"); err != nil {
		return err
	}
	for i, word := range d.Words {
		address := int(d.First) + i
		if !d.Known[i] {
			if err := d.printHole(w, i); err != nil {
				return err
			}
			continue
		}
		line := fmt.Sprintf("%-8d 0x%04X %6d %7d", address, word, word, int16(word))
		if i+1 < len(d.Words) && d.Known[i+1] {
			big, little := uint32(word)<<16|uint32(d.Words[i+1]), uint32(d.Words[i+1])<<16|uint32(word)
			line += fmt.Sprintf("  %13s %13s  %11d %11d", float(big), float(little), int32(big), int32(little))
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// float writes a float's value, or a dash where two words are hardly one.
func float(bits uint32) string {
	v := float64(math.Float32frombits(bits))
	if math.IsNaN(v) || math.IsInf(v, 0) || v != 0 && (math.Abs(v) < faint || math.Abs(v) > 1e12) {
		return "-"
	}
	return strconv.FormatFloat(v, 'g', 7, 32)
}

func (d *Dump) printBits(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%-8s value\n", d.Table); err != nil {
		return err
	}
	for i, word := range d.Words {
		if !d.Known[i] {
			if err := d.printHole(w, i); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "%-8d %d\n", int(d.First)+i, word); err != nil {
			return err
		}
	}
	return nil
}

// printHole writes why address i was not read, once for it and those behind
// it of which the same is true.
func (d *Dump) printHole(w io.Writer, i int) error {
	same := func(k int) bool { return k >= 0 && k < len(d.Words) && !d.Known[k] && d.Says[k] == d.Says[i] }
	if same(i - 1) {
		return nil
	}
	last := i
	for same(last + 1) {
		last++
	}
	where := strconv.Itoa(int(d.First) + i)
	if last > i {
		where += " to " + strconv.Itoa(int(d.First)+last)
	}
	_, err := fmt.Fprintf(w, "%s: %s\n", where, d.Says[i])
	return err
}
