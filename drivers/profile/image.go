package profile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"steward/gateway/config"
	"steward/gateway/strict"
)

// Image is what one device answered: its registers and bits as they stood.
// A register that is in none of its runs is answered with exception 02.
type Image struct {
	Profile string // the profile it is read with
	Runs    []Run
}

// Run is a row of registers, or of bits as 0 and 1, of one table.
type Run struct {
	Table   config.Table
	Address uint16 // of the first, 0-based as on the wire
	Words   []uint16
	Note    string // for people: what the words mean
}

type imageFile struct {
	Profile string    `yaml:"profile"`
	Runs    []runFile `yaml:"runs"`
}

type runFile struct {
	Table   string `yaml:"table"`
	Address int    `yaml:"address"`
	Words   string `yaml:"words"` // of four hexadecimal digits each
	Bits    string `yaml:"bits"`  // 0 and 1, the first address first
	Note    string `yaml:"note"`
}

var imageTables = map[string]config.Table{
	"coil": config.Coils, "discrete": config.DiscreteInputs, "holding": config.HoldingRegisters, "input": config.InputRegisters,
}

const maxImage = 1 << 20 // bytes of an image file

// LoadImage reads a recorded register image; Image.YAML writes one.
func LoadImage(file string) (*Image, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("register image: %w", err)
	}
	if info.Size() > maxImage {
		return nil, fmt.Errorf("register image %s: it is larger than %d bytes", file, maxImage)
	}
	data, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return nil, fmt.Errorf("register image: %w", err)
	}
	return ParseImage(file, data)
}

// decodeYAML reads a file that somebody else may have made: what it nests, and
// how much, is bounded before it is parsed, and unknown keys are mistakes.
func decodeYAML(file string, data []byte, into any) error {
	f, err := strict.ParseForeign(file, data)
	if err != nil {
		return err
	}
	for _, d := range f.Docs {
		if d.Body != nil {
			return yaml.NodeToValue(d.Body, into, yaml.Strict())
		}
	}
	return nil
}

// ParseImage reads a register image; file is its name in messages.
func ParseImage(file string, data []byte) (*Image, error) {
	var f imageFile
	if err := decodeYAML(file, data, &f); err != nil {
		return nil, fmt.Errorf("register image %s: %w", file, err)
	}
	img := &Image{Profile: f.Profile}
	seen := map[cell]bool{}
	for i, rf := range f.Runs {
		run, err := rf.run()
		if err != nil {
			return nil, fmt.Errorf("register image %s: run %d: %w", file, i+1, err)
		}
		for n := range run.Words {
			c := cell{run.Table, run.Address + uint16(n)}
			if seen[c] {
				return nil, fmt.Errorf("register image %s: run %d: %s %d is there already", file, i+1, c.table, c.address)
			}
			seen[c] = true
		}
		img.Runs = append(img.Runs, run)
	}
	if len(img.Runs) == 0 {
		return nil, fmt.Errorf("register image %s: it has no runs", file)
	}
	return img, nil
}

func (f runFile) run() (Run, error) {
	table, ok := imageTables[f.Table]
	if !ok {
		return Run{}, fmt.Errorf("table is %q: want coil, discrete, holding or input", f.Table)
	}
	run := Run{Table: table, Address: uint16(f.Address), Note: f.Note}
	bits := table == config.Coils || table == config.DiscreteInputs
	if bits != (f.Bits != "") || bits == (f.Words != "") {
		return Run{}, fmt.Errorf("table %s: want bits of coils and discrete inputs, words of registers", f.Table)
	}
	for _, digit := range f.Bits {
		if digit != '0' && digit != '1' {
			return Run{}, fmt.Errorf("bits %q: want 0 and 1", f.Bits)
		}
		run.Words = append(run.Words, uint16(digit-'0'))
	}
	for _, text := range strings.Fields(f.Words) {
		v, err := strconv.ParseUint(text, 16, 16)
		if err != nil || len(text) != 4 {
			return Run{}, fmt.Errorf("word %q: want four hexadecimal digits", text)
		}
		run.Words = append(run.Words, uint16(v))
	}
	if f.Address < 0 || f.Address+len(run.Words) > 1<<16 {
		return Run{}, fmt.Errorf("address %d with %d words is outside of 0 to 65535", f.Address, len(run.Words))
	}
	return run, nil
}

// YAML writes the image as LoadImage reads it, one run a line.
func (m *Image) YAML() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "profile: %q\nruns:\n", m.Profile)
	for _, r := range m.Runs {
		fmt.Fprintf(&out, "  - {table: %s, address: %d, ", r.Table, r.Address)
		if r.Table == config.Coils || r.Table == config.DiscreteInputs {
			out.WriteString(`bits: "`)
			for _, w := range r.Words {
				fmt.Fprintf(&out, "%d", w&1)
			}
		} else {
			out.WriteString(`words: "`)
			for i, w := range r.Words {
				if i > 0 {
					out.WriteByte(' ')
				}
				fmt.Fprintf(&out, "%04X", w)
			}
		}
		out.WriteByte('"')
		if r.Note != "" {
			fmt.Fprintf(&out, ", note: %q", r.Note)
		}
		out.WriteString("}\n")
	}
	return out.Bytes()
}

type cell struct {
	table   config.Table
	address uint16
}

// Cells is an image for answering reads: each address and its word.
type Cells map[cell]uint16

// Cells lays the image out for reading.
func (m *Image) Cells() Cells {
	c := Cells{}
	for _, r := range m.Runs {
		for i, w := range r.Words {
			c[cell{r.Table, r.Address + uint16(i)}] = w
		}
	}
	return c
}

// Read appends n words from an address on; false where one of them is not in
// the image, which is answered with exception 02.
func (c Cells) Read(dst []uint16, t config.Table, address uint16, n int) ([]uint16, bool) {
	for i := range n {
		w, ok := c[cell{t, address + uint16(i)}]
		if !ok || int(address)+i > 0xFFFF {
			return dst, false
		}
		dst = append(dst, w)
	}
	return dst, true
}

// Set changes one word, as a heartbeat does.
func (c Cells) Set(t config.Table, address, word uint16) { c[cell{t, address}] = word }
