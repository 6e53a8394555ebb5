package config

import (
	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway/strict"
)

// channel is what one point of an asset is borrowed from: the name of a
// channel alone, or {from: …} with how its value becomes the point's.
type channel struct {
	borrowBlock
}

type borrowBlock struct {
	strict.Block
	From  strict.Ident `yaml:"from" need:"true" doc:"the channel, by the profile's name of it"`
	Range *rangeBlock  `yaml:"range" doc:"two values of the channel and what they mean, instead of scale and offset; of a live zero such as 4 to 20 mA, values beyond NAMUR NE 43's limits (3.6 and 21 mA) are bad"`
	transformBlock
}

type rangeBlock struct {
	strict.Block
	From []strict.Number `yaml:"from" need:"true" doc:"two values of the channel, in its unit: [4, 20]"`
	To   []strict.Number `yaml:"to" need:"true" doc:"what they mean, in the point's unit: [0, 1.6]"`
}

// Decode implements strict.Leaf.
func (c *channel) Decode(p *strict.Problems, n strict.Node, r strict.Tags) {
	if _, mapping := strict.Entries(n); mapping {
		strict.DecodeAs(p, n, &c.borrowBlock, r)
		return
	}
	c.From.Decode(p, n, r)
	c.At, c.Scale.At, c.Scale.V = c.From.At, c.From.At, 1
	c.Verified.V = true
}

// Schema implements strict.Leaf.
func (c *channel) Schema(strict.Tags) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{strict.TextSchema(strict.IDPattern), strict.SchemaOf[borrowBlock]()}}
}
