package history

import "testing"

func TestIncrease(t *testing.T) {
	const uint16s, uint32s = 65536, 4294967296
	for name, c := range map[string]struct {
		previous, now, rollover float64
		want                    float64
		wrapped                 bool
	}{
		"rises":                        {100, 130, uint16s, 30, false},
		"stands":                       {100, 100, uint16s, 0, false},
		"rises by half its range":      {0, 40000, uint16s, 40000, false},
		"wraps":                        {65530, 4, uint16s, 10, true},
		"wraps from the last to 0":     {65535, 0, uint16s, 1, true},
		"wraps after a silence":        {62000, 3000, uint16s, 6536, true},
		"wraps in its unit":            {42949672.00, 0.96, uint32s * 0.01, 1.92, true},
		"wraps at 6 digits":            {999990, 5, 1000000, 15, true},
		"replaced, range known":        {30000, 12, uint16s, 12, false},
		"replaced by a used one":       {65530, 30000, uint16s, 30000, false},
		"replaced, not far enough up":  {58000, 10, uint16s, 10, false},
		"replaced, range not known":    {65530, 4, 0, 4, false},
		"set back to 0":                {1234.5, 0, 0, 0, false},
		"set back a little":            {1234.5, 1234, uint32s, 0, false},
		"set back a little at the top": {65530, 65000, uint16s, 0, false},
		"beyond the range it claims":   {70000, 5, uint16s, 5, false},
		"falls below 0":                {10, -5, 0, 0, false},
		"wraps to below 0":             {65530, -2, uint16s, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, wrapped := Increase(c.previous, c.now, c.rollover)
			if diff := got - c.want; diff > 1e-6 || diff < -1e-6 || wrapped != c.wrapped {
				t.Errorf("Increase(%v, %v, %v) = %v, %v; want %v, %v", c.previous, c.now, c.rollover, got, wrapped, c.want, c.wrapped)
			}
		})
	}
}
