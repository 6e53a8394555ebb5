package survey

import (
	"strings"
	"testing"

	"steward/drivers/profile"
	"steward/gateway/config"
)

// module answers bits of coils and of inputs, and refuses the rest.
func module(coils, inputs string) *profile.Image {
	img := &profile.Image{}
	for table, bits := range map[config.Table]string{config.Coils: coils, config.DiscreteInputs: inputs} {
		run := profile.Run{Table: table}
		for _, b := range bits {
			run.Words = append(run.Words, uint16(b-'0'))
		}
		if bits != "" {
			img.Runs = append(img.Runs, run)
		}
	}
	return img
}

// A module of bits alone is known by where its tables end. Where it answers
// beyond them, or 0 everywhere, it stays weak and is said to be.
func TestModulesOfBits(t *testing.T) {
	set, kinds := shelf(t)
	list := candidates(set, kinds)
	for name, c := range map[string]struct {
		image *profile.Image
		zeros bool
		first string
		sure  Confidence
	}{
		"16 inputs":           {image(t, "wellpro-wp8026"), false, "wellpro-wp8026", Fair},
		"12 inputs, 6 coils":  {image(t, "advantech-adam6050"), false, "advantech-adam6050", Fair},
		"4 and 4":             {image(t, "ebyte-me31"), false, "ebyte-me31", Fair},
		"all off":             {module("0000", "0000"), false, "ebyte-me31", Fair},
		"more of both":        {module("0000000000000000", "00000000000000000000"), false, "", Weak},
		"inputs go on":        {module("", "01100000000000010000"), false, "", Weak},
		"0 where nothing is":  {image(t, "wellpro-wp8026"), true, "", Weak},
		"0 everywhere, 4 & 4": {image(t, "ebyte-me31"), true, "", Weak},
	} {
		f := &fake{units: map[byte]profile.Cells{1: c.image.Cells()}, zeros: c.zeros}
		matches, err := identify(t.Context(), newMemory(f, 1), list, func(string, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		found := Found{Unit: 1, Presence: Answers, Matches: matches}
		switch {
		case found.Confidence() != c.sure:
			t.Errorf("%s: %s, want %v", name, &found, c.sure)
		case c.first != "" && matches[0].Profile.Name != c.first:
			t.Errorf("%s: %s, want %s", name, &found, c.first)
		case c.first != "" && !strings.Contains(found.String(), "its tables end where the profile's do"):
			t.Errorf("%s: no evidence in %s", name, &found)
		}
	}
}

// Why a match of bits is weak, and how to make sure, is said with the command
// for it.
func TestWeakBitsSayWhatToCheck(t *testing.T) {
	set, kinds := shelf(t)
	f := &fake{units: map[byte]profile.Cells{7: image(t, "wellpro-wp8026").Cells()}, zeros: true,
		wrong: map[config.Table]byte{config.HoldingRegisters: 1, config.InputRegisters: 1}}
	matches, err := identify(t.Context(), newMemory(f, 7), candidates(set, kinds), func(string, int, int) {})
	if err != nil || len(matches) == 0 || !bitsOnly(&matches[0].Profile) {
		t.Fatalf("%v, %v", matches, err)
	}
	r := Result{Bus: config.Bus{Transport: config.ModbusTCP, Address: "10.0.0.5:502"}, Units: []Found{{Unit: 7, Presence: Answers, Matches: matches}}}
	yaml := string(r.YAML())
	for _, want := range []string{
		"its tables go on where the profile's end", "it has only bits, and any module with as many answers alike",
		"see it change: steward probe tcp://10.0.0.5:502 --unit 7 --table discrete --address 0 --count ",
	} {
		if !strings.Contains(yaml, want) {
			t.Errorf("%q is not in\n%s", want, yaml)
		}
	}
}
