package config

import "steward/gateway/strict"

// The shapes that site files and profiles share: limits, registers, topics.

// limitsBlock is embedded; its keys stand beside those of its owner.
type limitsBlock struct {
	MaxRegisters strict.Integer `yaml:"max_registers" default:"125" min:"1" max:"125" doc:"registers in one request"`
	MaxBits      strict.Integer `yaml:"max_bits" default:"2000" min:"1" max:"2000" doc:"coils or inputs in one request"`
	MaxGap       strict.Integer `yaml:"max_gap" default:"0" min:"0" max:"124" doc:"unused registers that one request may span"`
	Holes        []spanBlock    `yaml:"holes" doc:"registers that no request may touch"`
	Watch        *watchBlock    `yaml:"watch" doc:"a register that changes while the device behind a protocol gateway is alive"`
	Factors      []factorBlock  `yaml:"factors" doc:"registers by whose numbers points are multiplied (scale_by): ratios of transformers, decimal points, wiring; read at the start and then rarely"`
}

type factorBlock struct {
	strict.Block
	Name strict.Ident `yaml:"name" need:"true" doc:"what scale_by calls it"`
	registerPlace
	Scale  strict.Number `yaml:"scale" default:"1" doc:"factor = raw*scale + offset"`
	Offset strict.Number `yaml:"offset" default:"0" doc:"factor = raw*scale + offset"`
	Enum   pairs         `yaml:"enum" doc:"raw values to the factors they mean, as {3: 0.1, 4: 1, 5: 10}; any other raw value is none"`
	Power  strict.Toggle `yaml:"power" default:"false" doc:"the factor is ten to the number: a decimal point's place, a SunSpec scale factor"`
	Min    strict.Number `yaml:"min" doc:"the lowest plausible factor"`
	Max    strict.Number `yaml:"max" doc:"the highest plausible factor"`
}

type spanBlock struct {
	strict.Block
	Table strict.Text    `yaml:"table" default:"holding" enum:"coil,discrete,holding,input" doc:"the address space"`
	First strict.Integer `yaml:"first" need:"true" min:"0" max:"65535" doc:"the first address"`
	Last  strict.Integer `yaml:"last" need:"true" min:"0" max:"65535" doc:"the last address"`
}

type watchBlock struct {
	strict.Block
	Table   strict.Text    `yaml:"table" default:"holding" enum:"holding,input" doc:"the address space"`
	Address strict.Integer `yaml:"address" need:"true" min:"0" max:"65535" doc:"the address on the wire, from 0"`
	Words   strict.Integer `yaml:"words" default:"1" min:"1" max:"2" doc:"registers it takes"`
	Polls   strict.Integer `yaml:"polls" default:"3" min:"2" max:"1000" doc:"equal readings after which the asset is lost"`
}

type registerBlock struct {
	strict.Block
	Point strict.Ident `yaml:"point" need:"true" doc:"the canonical name of a point of the asset's kind"`
	registerPlace
	ScaleBy []strict.Ident `yaml:"scale_by" doc:"factors, by their names, that the value is multiplied by: raw*scale*factors + offset"`
	transformBlock
}

// registerPlace is where a number lies in registers and how they make it.
type registerPlace struct {
	Table     strict.Text    `yaml:"table" enum:"coil,discrete,holding,input" doc:"the address space; default: the profile's, else holding"`
	Address   strict.Integer `yaml:"address" need:"true" min:"0" max:"65535" doc:"the address on the wire, from 0 (a manual's 40001 is 0)"`
	Type      strict.Text    `yaml:"type" enum:"bool,int8,uint8,int16,uint16,int32,uint32,int64,uint64,float32,float64,bcd16,bcd32" doc:"how registers make a number; default: bool for a coil, an input or one bit, uint16 for several bits"`
	WordOrder strict.Text    `yaml:"word_order" enum:"big,little" doc:"which word comes first; default: the profile's, else big"`
	Bit       strict.Integer `yaml:"bit" min:"0" max:"15" doc:"the first bit of a field within the register, from 0 for the lowest"`
	Bits      strict.Integer `yaml:"bits" default:"1" min:"1" max:"16" doc:"the length of that field"`
	LowWord   strict.Integer `yaml:"low_word" min:"0" max:"65535" doc:"the address of the low word of two registers that do not stand beside each other; address is then the high word's, and one request reads from one to the other"`
	NA        []strict.Raw   `yaml:"na" doc:"raw values that mean not available"`
}

// transformBlock is embedded in both sorts of point.
type transformBlock struct {
	Scale    strict.Number `yaml:"scale" default:"1" doc:"value = raw*scale + offset"`
	Offset   strict.Number `yaml:"offset" default:"0" doc:"value = raw*scale + offset"`
	Unit     strict.Text   `yaml:"unit" doc:"the unit after scaling, for the reader: it must be the point's own"`
	Invert   strict.Toggle `yaml:"invert" default:"false" doc:"true is false and false is true"`
	Enum     pairs         `yaml:"enum" doc:"raw values to the names of the point's labels (or true, false, or numbers); any other raw value is bad"`
	Min      strict.Number `yaml:"min" doc:"the lowest plausible value; default: the kind's"`
	Max      strict.Number `yaml:"max" doc:"the highest plausible value; default: the kind's"`
	Rollover strict.Number `yaml:"rollover" doc:"the raw range at whose end a counter begins again, such as 4294967296"`
	Verified strict.Toggle `yaml:"verified" default:"true" doc:"false: engineering knowledge, not yet seen on the device"`
}

type topicBlock struct {
	strict.Block
	Topic        filter             `yaml:"topic" need:"true" doc:"an MQTT topic or filter; {device} stands for the asset's device, {root} for what stands before its first slash"`
	Format       strict.Text        `yaml:"format" default:"json" enum:"json,text" doc:"how the payload is written; text: the whole payload is one value"`
	Time         jsonPath           `yaml:"time" doc:"where the payload carries the time of its values"`
	TimeFormat   strict.Text        `yaml:"time_format" default:"rfc3339" doc:"unix, unix_ms, rfc3339 or a Go layout such as 2006-01-02 15:04:05"`
	TimeZone     zone               `yaml:"time_zone" doc:"of a layout without a zone; default: the site's"`
	Each         jsonPath           `yaml:"each" doc:"an array whose elements are readings of the past, each with its own time"`
	When         jsonPath           `yaml:"when" doc:"a place that must exist, or the message is not for this mapping"`
	Valid        *validBlock        `yaml:"valid" doc:"a place that says whether the values mean anything; where it does not, they are bad"`
	Current      strict.Toggle      `yaml:"current" default:"false" doc:"a retained message is of now, not old: the topic of a last will"`
	Points       []fieldBlock       `yaml:"points" doc:"what the payload gives"`
	Availability *availabilityBlock `yaml:"availability" doc:"the topic says whether the device is there"`
}

type fieldBlock struct {
	strict.Block
	Point     strict.Ident   `yaml:"point" need:"true" doc:"the canonical name of a point of the asset's kind"`
	Path      jsonPath       `yaml:"path" doc:"where in the payload, as object.battery or list.0"`
	TopicPart strict.Integer `yaml:"topic_part" min:"1" max:"64" doc:"the level of the topic that carries the value instead, from 1"`
	Strip     strict.Toggle  `yaml:"strip" default:"false" doc:"drop a unit behind the number: 1234 mm"`
	Absent    strict.Raw     `yaml:"absent" doc:"the value that an absent place means"`
	fieldCommon
}

// fieldCommon is embedded in the points of topics and of metrics.
type fieldCommon struct {
	Optional strict.Toggle   `yaml:"optional" default:"false" doc:"null means that the device has none, not that it is bad"`
	Hold     strict.Duration `yaml:"hold" min:"1s" max:"1h" doc:"true or false only: false counts when true is this long ago"`
	NA       []strict.Raw    `yaml:"na" doc:"texts that mean not available"`
	transformBlock
}

type metricBlock struct {
	strict.Block
	Point  strict.Ident `yaml:"point" need:"true" doc:"the canonical name of a point of the asset's kind"`
	Metric strict.Text  `yaml:"metric" need:"true" doc:"the metric's name as births give it; {device} stands for the asset's device"`
	fieldCommon
}

type validBlock struct {
	strict.Block
	Path jsonPath      `yaml:"path" need:"true" doc:"where in the payload"`
	Is   []strict.Raw  `yaml:"is" doc:"what it may be"`
	Min  strict.Number `yaml:"min" doc:"the least it may be"`
	Max  strict.Number `yaml:"max" doc:"the most it may be"`
}

type availabilityBlock struct {
	strict.Block
	Path    jsonPath      `yaml:"path" doc:"where in a JSON payload; what is no JSON object is taken whole; default: the whole payload"`
	Online  []strict.Text `yaml:"online" need:"true" doc:"texts that mean the device is there"`
	Offline []strict.Text `yaml:"offline" need:"true" doc:"texts that mean it is gone"`
	Cleared strict.Toggle `yaml:"cleared" default:"false" doc:"an empty payload, which clears a retained one, means gone too"`
}

type profileFile struct {
	strict.Block
	Profile  strict.Ident       `yaml:"profile" need:"true" doc:"the profile's name, as site files use it"`
	Vendor   strict.Text        `yaml:"vendor" need:"true" doc:"who makes it"`
	Model    strict.Text        `yaml:"model" need:"true" doc:"its models"`
	Title    strict.Names       `yaml:"title" doc:"its name for people; default: vendor and model"`
	Kind     strict.Ident       `yaml:"kind" need:"true" doc:"what it is: elevator, power_meter, pump …"`
	Protocol strict.Text        `yaml:"protocol" need:"true" enum:"modbus,mqtt" doc:"modbus or mqtt"`
	Sources  []strict.Text      `yaml:"sources" doc:"where its facts come from"`
	Codes    strict.Ident       `yaml:"codes" doc:"the table (profiles codes) that says what its fault codes mean"`
	Interval strict.Duration    `yaml:"interval" default:"5s" min:"10ms" max:"24h" doc:"modbus: a sensible interval"`
	Modbus   profileModbusBlock `yaml:"modbus" doc:"modbus: limits and defaults of the registers"`
	Points   []registerBlock    `yaml:"points" doc:"modbus: registers"`
	Topics   []topicBlock       `yaml:"topics" doc:"mqtt: topics with {device} in them"`
	Metrics  []metricBlock      `yaml:"metrics" doc:"mqtt: metrics of a Sparkplug device, instead of topics"`
	OnChange strict.Toggle      `yaml:"on_change" default:"false" doc:"mqtt: values are sent only when they change, and its availability tells when it is gone: they do not grow stale"`
}

type profileModbusBlock struct {
	strict.Block
	limitsBlock
	Table     strict.Text `yaml:"table" default:"holding" enum:"coil,discrete,holding,input" doc:"the address space of points that name none"`
	WordOrder strict.Text `yaml:"word_order" default:"big" enum:"big,little" doc:"the word order of points that name none"`
}
