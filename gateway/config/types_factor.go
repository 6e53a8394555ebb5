package config

// Factor is a register that says what points are multiplied by: the ratio of
// a meter's transformers, the place of its decimal point, how it is wired. It
// is set when the device is installed and hardly ever changes.
type Factor struct {
	Register      // Point is the factor's name; Transform makes its number
	Power    bool // the factor is ten to that number
}

// Span is where a register's words lie: the first address, and how many there
// are from it to the last, those between two words that stand apart included.
func (r *Register) Span() (first uint16, count int) {
	switch {
	case r.LowWord == nil:
		return r.Address, max(r.Encoding.Words(), 1)
	case *r.LowWord < r.Address:
		return *r.LowWord, int(r.Address) - int(*r.LowWord) + 1
	}
	return r.Address, int(*r.LowWord) - int(r.Address) + 1
}

// FactorNames lists the factors' names in their order.
func FactorNames(list []Factor) []string {
	var names []string
	for i := range list {
		names = append(names, list[i].Point)
	}
	return names
}
