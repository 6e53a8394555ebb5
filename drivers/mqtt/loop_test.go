package mqtt

import (
	"testing"

	"steward/gateway"
	"steward/gateway/config"
)

// A current loop that has failed is bad for that reason.
func TestCurrentLoop(t *testing.T) {
	f := newField(&config.Field{Point: "p", Transform: config.Transform{Scale: 0.1, Offset: -0.4,
		Loop: &config.Loop{Low: -0.04, High: 1.7, Below: "broken", Above: "shorted"}}}, &gateway.Point{Name: "p"})
	for text, want := range map[string]string{"3.5": "broken", "3.7": "", "12": "", "20.9": "", "21.1": "shorted"} {
		v := f.fromText(text)
		if v.Reason != want || (want == "") != (v.Quality == gateway.QualityGood) {
			t.Errorf("%s mA is %+v, want %q", text, v, want)
		}
	}
}
