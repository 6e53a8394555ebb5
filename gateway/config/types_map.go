package config

// Loop bounds a value that comes over a current loop with a live zero, such
// as 4–20 mA. Outside of them the loop itself has failed (NAMUR NE 43), and
// the value is bad for that reason, whatever it would mean.
type Loop struct {
	Low, High    float64 // of the value, in the point's unit; Low < High
	Below, Above string  // why it is bad there, for people
}

// Fault says why a value cannot be, empty when the loop is well.
func (l *Loop) Fault(value float64) string {
	switch {
	case l == nil:
	case value < l.Low:
		return l.Below
	case value > l.High:
		return l.Above
	}
	return ""
}
