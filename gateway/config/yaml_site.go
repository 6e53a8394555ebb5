package config

import "steward/gateway/strict"

// The shapes of a site file, as written. Their tags are what the decoder
// checks and what the JSON Schema and its readers are told.

type siteFile struct {
	strict.Block
	Site     siteBlock     `yaml:"site" need:"true" doc:"the site: {id: …, timezone: …}"`
	HTTP     httpBlock     `yaml:"http" doc:"where the dashboard listens"`
	TLS      *tlsBlock     `yaml:"tls" doc:"the dashboard's certificate; without it the dashboard speaks plain HTTP"`
	MQTT     []brokerBlock `yaml:"mqtt" doc:"MQTT brokers"`
	Modbus   []busBlock    `yaml:"modbus" doc:"Modbus buses: one TCP endpoint or one serial line each"`
	Areas    []areaBlock   `yaml:"areas" doc:"buildings, floors, rooms"`
	Units    []unitBlock   `yaml:"units" doc:"flats"`
	Assets   []assetBlock  `yaml:"assets" doc:"the equipment"`
	History  historyBlock  `yaml:"history" doc:"where charts read from"`
	InfluxDB *influxBlock  `yaml:"influxdb" doc:"a database that every reading is copied to"`
	Journal  journalBlock  `yaml:"journal" doc:"bounds of the log of readings on disk"`
	Records  recordsBlock  `yaml:"records" doc:"how long what people did is kept"`
}

type siteBlock struct {
	strict.Block
	ID       strict.Ident `yaml:"id" need:"true" doc:"the site's id in keys, topics and tags"`
	Name     strict.Names `yaml:"name" doc:"the site's name; default: its id"`
	Timezone zone         `yaml:"timezone" need:"true" doc:"a time zone such as Asia/Shanghai"`
	Language strict.Text  `yaml:"language" default:"zh" enum:"zh,en" doc:"the language for people who chose none and whose browser asks for neither"`
}

type httpBlock struct {
	strict.Block
	Listen listen `yaml:"listen" default:"127.0.0.1:8080" doc:"host:port of the dashboard"`
}

type tlsBlock struct {
	strict.Block
	CertFile path `yaml:"cert_file" need:"true" doc:"the certificate chain, PEM"`
	KeyFile  path `yaml:"key_file" need:"true" doc:"the private key, PEM"`
}

type brokerBlock struct {
	strict.Block
	ID           strict.Ident    `yaml:"id" need:"true" doc:"the broker's id"`
	Broker       strict.Text     `yaml:"broker" need:"true" doc:"embedded, or the broker's URL: tcp://10.0.0.2:1883 or ssl://host:8883"`
	Listen       listen          `yaml:"listen" default:"127.0.0.1:1883" doc:"where the embedded broker listens"`
	MaxBytes     strict.Size     `yaml:"max_bytes" default:"1GiB" min:"1MiB" max:"1TiB" doc:"limit of the embedded broker's store"`
	ClientID     strict.Text     `yaml:"client_id" doc:"our client id; default: steward-SITE-BROKER; a change loses the session"`
	Username     strict.Text     `yaml:"username" doc:"the user we sign in as"`
	Password     strict.Secret   `yaml:"password" doc:"its password as ${env:NAME}"`
	PasswordFile path            `yaml:"password_file" doc:"a file that holds the password"`
	CAFile       path            `yaml:"ca_file" doc:"the authority that signed the broker's certificate, PEM"`
	CertFile     path            `yaml:"cert_file" doc:"our client certificate, PEM"`
	KeyFile      path            `yaml:"key_file" doc:"its private key, PEM"`
	KeepAlive    strict.Duration `yaml:"keep_alive" default:"30s" min:"1s" max:"1h" doc:"how often the line proves to be alive"`
	QoS          strict.Integer  `yaml:"qos" default:"1" min:"0" max:"1" doc:"quality of service of our subscriptions"`
	Users        []brokerUserBlk `yaml:"users" doc:"who may use the embedded broker; nobody else may"`
	Sparkplug    *sparkplugBlock `yaml:"sparkplug" doc:"be a Sparkplug B host application on this broker"`
}

type sparkplugBlock struct {
	strict.Block
	Host    strict.Text     `yaml:"host" need:"true" doc:"our name as a host, which edge nodes may wait for"`
	Reorder strict.Duration `yaml:"reorder" default:"5s" min:"0s" max:"1m" doc:"how long to wait for a message that others have overtaken"`
}

type sparkplugDeviceBlock struct {
	strict.Block
	Group  strict.Text `yaml:"group" need:"true" doc:"the group's id"`
	Node   strict.Text `yaml:"node" need:"true" doc:"the edge node's id"`
	Device strict.Text `yaml:"device" doc:"the device's id; without it the node itself is meant"`
}

type brokerUserBlk struct {
	strict.Block
	Name         strict.Text   `yaml:"name" need:"true" doc:"the user's name"`
	Password     strict.Secret `yaml:"password" doc:"the password as ${env:NAME}"`
	PasswordFile path          `yaml:"password_file" doc:"a file that holds the password"`
	Publish      []filter      `yaml:"publish" doc:"topic filters the user may publish to"`
	Subscribe    []filter      `yaml:"subscribe" doc:"topic filters the user may read"`
}

type busBlock struct {
	strict.Block
	ID           strict.Ident    `yaml:"id" need:"true" doc:"the bus's id"`
	URL          address         `yaml:"url" need:"true" example:"tcp://10.0.0.5:502, rtu:///dev/ttyUSB0 or rtu+tcp://10.0.0.6:4001" doc:"tcp://host:port, rtu:///dev/ttyUSB0 or rtu+tcp://host:port (RTU frames over TCP)"`
	Baud         strict.Integer  `yaml:"baud" default:"9600" min:"300" max:"4000000" doc:"rtu only: bits per second"`
	Parity       strict.Text     `yaml:"parity" default:"N" enum:"N,E,O" doc:"rtu only: none, even or odd"`
	DataBits     strict.Integer  `yaml:"data_bits" default:"8" min:"7" max:"8" doc:"rtu only"`
	StopBits     strict.Integer  `yaml:"stop_bits" default:"1" min:"1" max:"2" doc:"rtu only"`
	Timeout      strict.Duration `yaml:"timeout" default:"1s" min:"10ms" max:"1m" doc:"the longest wait for an answer"`
	Pause        strict.Duration `yaml:"pause" default:"0s" min:"0s" max:"10s" doc:"between an answer and the next request"`
	ConnectPause strict.Duration `yaml:"connect_pause" default:"0s" min:"0s" max:"1m" doc:"between connecting and the first request"`
}

type areaBlock struct {
	strict.Block
	ID     strict.Ident `yaml:"id" need:"true" doc:"the area's id"`
	Parent strict.Ident `yaml:"parent" doc:"the area it is part of"`
	Name   strict.Names `yaml:"name" doc:"its name; default: its id"`
}

type unitBlock struct {
	strict.Block
	ID     strict.Ident  `yaml:"id" need:"true" doc:"the flat's id"`
	Area   strict.Ident  `yaml:"area" need:"true" doc:"the area it lies in"`
	Name   strict.Names  `yaml:"name" doc:"its name; default: its id"`
	Vacant strict.Toggle `yaml:"vacant" default:"false" doc:"nobody lives there"`
}

type assetBlock struct {
	strict.Block
	ID     strict.Ident      `yaml:"id" need:"true" doc:"the asset's id"`
	Kind   strict.Ident      `yaml:"kind" need:"true" doc:"what it is: elevator, power_meter, pump …"`
	Area   strict.Ident      `yaml:"area" need:"true" doc:"the area it stands in"`
	Unit   strict.Ident      `yaml:"unit" doc:"the flat it belongs to"`
	Name   strict.Names      `yaml:"name" doc:"its name; default: its id"`
	FedBy  []strict.Ident    `yaml:"fed_by" doc:"the assets it loses supply with"`
	Modbus *modbusAssetBlock `yaml:"modbus" doc:"where its readings come from, when over Modbus"`
	MQTT   *mqttAssetBlock   `yaml:"mqtt" doc:"where its readings come from, when over MQTT"`
}

type modbusAssetBlock struct {
	strict.Block
	limitsBlock
	Bus      strict.Ident    `yaml:"bus" need:"true" doc:"the id of a bus"`
	Unit     strict.Integer  `yaml:"unit" need:"true" min:"0" max:"255" doc:"the unit (slave) number, 1 to 247; on TCP also 0 and 248 to 255"`
	Interval strict.Duration `yaml:"interval" min:"10ms" max:"24h" doc:"between two readings; default: the profile's, else 5s"`
	Profile  strict.Text     `yaml:"profile" doc:"the make and model, by the name of its profile"`
	Points   []registerBlock `yaml:"points" doc:"points in place, instead of or over the profile's"`

	Map strict.Map[channel] `yaml:"map" doc:"points of the asset borrowed from the channels of the profile, which may be of another kind: {trapped: di1, main_power: {from: di3, invert: true}}; nothing else of the profile is read"`
}

type mqttAssetBlock struct {
	strict.Block
	Broker  strict.Ident `yaml:"broker" need:"true" doc:"the id of a broker"`
	Profile strict.Text  `yaml:"profile" doc:"the make and model, by the name of its profile"`
	Device  strict.Text  `yaml:"device" doc:"what stands for {device} in topics: a friendly name, an EUI …"`
	Topics  []topicBlock `yaml:"topics" doc:"topics in place, instead of or besides the profile's"`

	Sparkplug *sparkplugDeviceBlock `yaml:"sparkplug" doc:"the Sparkplug device it is: {group: …, node: …, device: …}"`
	Metrics   []metricBlock         `yaml:"metrics" doc:"Sparkplug metrics in place, instead of or over the profile's"`
	OnChange  strict.Toggle         `yaml:"on_change" doc:"values are sent only when they change, and an availability topic tells when it is gone: they do not grow stale; default: the profile's"`

	Map strict.Map[channel] `yaml:"map" doc:"points of the asset borrowed from the channels of the profile, which may be of another kind; nothing else of the profile is read"`
}

type historyBlock struct {
	strict.Block
	Store     strict.Text     `yaml:"store" default:"embedded" enum:"embedded,influxdb" doc:"where charts read from"`
	Retention strict.Duration `yaml:"retention" default:"400d" min:"1d" max:"10000d" doc:"embedded only: how long values are kept"`
}

type influxBlock struct {
	strict.Block
	URL       address         `yaml:"url" need:"true" example:"http://127.0.0.1:8086" doc:"a URL such as http://127.0.0.1:8086"`
	Org       strict.Raw      `yaml:"org" doc:"the organisation; empty for 1.8"`
	Bucket    strict.Text     `yaml:"bucket" need:"true" doc:"the bucket; database/retention-policy for 1.8"`
	Token     strict.Secret   `yaml:"token" doc:"the token as ${env:NAME}; user:password for 1.8"`
	TokenFile path            `yaml:"token_file" doc:"a file that holds the token"`
	CAFile    path            `yaml:"ca_file" doc:"the authority that signed the server's certificate, PEM"`
	Flush     strict.Duration `yaml:"flush" default:"100ms" min:"1ms" max:"1m" doc:"the longest wait for a fuller batch"`
	MaxBatch  strict.Integer  `yaml:"max_batch" default:"5000" min:"1" max:"100000" doc:"lines in one request"`
	Drain     strict.Integer  `yaml:"drain" default:"20000" min:"1" max:"10000000" doc:"lines per second of backlog, beside live ones"`
}

type journalBlock struct {
	strict.Block
	MaxBytes strict.Size     `yaml:"max_bytes" default:"2GiB" min:"1MiB" max:"100TiB" doc:"the journal's limit on disk"`
	MaxAge   strict.Duration `yaml:"max_age" default:"14d" min:"1h" max:"10000d" doc:"the oldest entry that is kept"`
	Reserve  strict.Size     `yaml:"reserve" default:"1GiB" min:"0B" max:"100TiB" doc:"free disk that is left to others"`
}

type recordsBlock struct {
	strict.Block
	Keep strict.Duration `yaml:"keep" default:"1825d" min:"30d" max:"10000d" doc:"how long alarms, tickets and photos are kept once they are over; lift records must be kept for 4 years (TSG T5002); the audit log is kept for ever"`
}
