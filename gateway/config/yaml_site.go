package config

// The shapes of a site file, as written. Their tags are what the decoder
// checks and what the JSON Schema and its readers are told.

type siteFile struct {
	block
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
}

type siteBlock struct {
	block
	ID       ident `yaml:"id" need:"true" doc:"the site's id in keys, topics and tags"`
	Name     names `yaml:"name" doc:"the site's name; default: its id"`
	Timezone zone  `yaml:"timezone" need:"true" doc:"a time zone such as Asia/Shanghai"`
	Language text  `yaml:"language" default:"zh" enum:"zh,en" doc:"the language for people who chose none"`
}

type httpBlock struct {
	block
	Listen listen `yaml:"listen" default:"127.0.0.1:8080" doc:"host:port of the dashboard"`
}

type tlsBlock struct {
	block
	CertFile path `yaml:"cert_file" need:"true" doc:"the certificate chain, PEM"`
	KeyFile  path `yaml:"key_file" need:"true" doc:"the private key, PEM"`
}

type brokerBlock struct {
	block
	ID           ident           `yaml:"id" need:"true" doc:"the broker's id"`
	Broker       text            `yaml:"broker" need:"true" doc:"embedded, or the broker's URL: tcp://10.0.0.2:1883 or ssl://host:8883"`
	Listen       listen          `yaml:"listen" default:"127.0.0.1:1883" doc:"where the embedded broker listens"`
	MaxBytes     size            `yaml:"max_bytes" default:"1GiB" min:"1MiB" max:"1TiB" doc:"limit of the embedded broker's store"`
	ClientID     text            `yaml:"client_id" doc:"our client id; default: steward-SITE-BROKER; a change loses the session"`
	Username     text            `yaml:"username" doc:"the user we sign in as"`
	Password     secret          `yaml:"password" doc:"its password as ${env:NAME}"`
	PasswordFile path            `yaml:"password_file" doc:"a file that holds the password"`
	CAFile       path            `yaml:"ca_file" doc:"the authority that signed the broker's certificate, PEM"`
	CertFile     path            `yaml:"cert_file" doc:"our client certificate, PEM"`
	KeyFile      path            `yaml:"key_file" doc:"its private key, PEM"`
	KeepAlive    duration        `yaml:"keep_alive" default:"30s" min:"1s" max:"1h" doc:"how often the line proves to be alive"`
	QoS          integer         `yaml:"qos" default:"1" min:"0" max:"1" doc:"quality of service of our subscriptions"`
	Users        []brokerUserBlk `yaml:"users" doc:"who may use the embedded broker; nobody else may"`
}

type brokerUserBlk struct {
	block
	Name         text     `yaml:"name" need:"true" doc:"the user's name"`
	Password     secret   `yaml:"password" doc:"the password as ${env:NAME}"`
	PasswordFile path     `yaml:"password_file" doc:"a file that holds the password"`
	Publish      []filter `yaml:"publish" doc:"topic filters the user may publish to"`
	Subscribe    []filter `yaml:"subscribe" doc:"topic filters the user may read"`
}

type busBlock struct {
	block
	ID           ident    `yaml:"id" need:"true" doc:"the bus's id"`
	URL          address  `yaml:"url" need:"true" example:"tcp://10.0.0.5:502, rtu:///dev/ttyUSB0 or rtu+tcp://10.0.0.6:4001" doc:"tcp://host:port, rtu:///dev/ttyUSB0 or rtu+tcp://host:port (RTU frames over TCP)"`
	Baud         integer  `yaml:"baud" default:"9600" min:"300" max:"4000000" doc:"rtu only: bits per second"`
	Parity       text     `yaml:"parity" default:"N" enum:"N,E,O" doc:"rtu only: none, even or odd"`
	DataBits     integer  `yaml:"data_bits" default:"8" min:"7" max:"8" doc:"rtu only"`
	StopBits     integer  `yaml:"stop_bits" default:"1" min:"1" max:"2" doc:"rtu only"`
	Timeout      duration `yaml:"timeout" default:"1s" min:"10ms" max:"1m" doc:"the longest wait for an answer"`
	Pause        duration `yaml:"pause" default:"0s" min:"0s" max:"10s" doc:"between an answer and the next request"`
	ConnectPause duration `yaml:"connect_pause" default:"0s" min:"0s" max:"1m" doc:"between connecting and the first request"`
}

type areaBlock struct {
	block
	ID     ident `yaml:"id" need:"true" doc:"the area's id"`
	Parent ident `yaml:"parent" doc:"the area it is part of"`
	Name   names `yaml:"name" doc:"its name; default: its id"`
}

type unitBlock struct {
	block
	ID     ident  `yaml:"id" need:"true" doc:"the flat's id"`
	Area   ident  `yaml:"area" need:"true" doc:"the area it lies in"`
	Name   names  `yaml:"name" doc:"its name; default: its id"`
	Vacant toggle `yaml:"vacant" default:"false" doc:"nobody lives there"`
}

type assetBlock struct {
	block
	ID     ident             `yaml:"id" need:"true" doc:"the asset's id"`
	Kind   ident             `yaml:"kind" need:"true" doc:"what it is: elevator, power_meter, pump …"`
	Area   ident             `yaml:"area" need:"true" doc:"the area it stands in"`
	Unit   ident             `yaml:"unit" doc:"the flat it belongs to"`
	Name   names             `yaml:"name" doc:"its name; default: its id"`
	FedBy  []ident           `yaml:"fed_by" doc:"the assets it loses supply with"`
	Modbus *modbusAssetBlock `yaml:"modbus" doc:"where its readings come from, when over Modbus"`
	MQTT   *mqttAssetBlock   `yaml:"mqtt" doc:"where its readings come from, when over MQTT"`
}

type modbusAssetBlock struct {
	block
	limitsBlock
	Bus      ident           `yaml:"bus" need:"true" doc:"the id of a bus"`
	Unit     integer         `yaml:"unit" need:"true" min:"0" max:"255" doc:"the unit (slave) number, 1 to 247; on TCP also 0 and 248 to 255"`
	Interval duration        `yaml:"interval" min:"10ms" max:"24h" doc:"between two readings; default: the profile's, else 5s"`
	Profile  text            `yaml:"profile" doc:"the make and model, by the name of its profile"`
	Points   []registerBlock `yaml:"points" doc:"points in place, instead of or over the profile's"`
}

type mqttAssetBlock struct {
	block
	Broker  ident        `yaml:"broker" need:"true" doc:"the id of a broker"`
	Profile text         `yaml:"profile" doc:"the make and model, by the name of its profile"`
	Device  text         `yaml:"device" doc:"what stands for {device} in topics: a friendly name, an EUI …"`
	Topics  []topicBlock `yaml:"topics" doc:"topics in place, instead of or besides the profile's"`
}

type historyBlock struct {
	block
	Store     text     `yaml:"store" default:"embedded" enum:"embedded,influxdb" doc:"where charts read from"`
	Retention duration `yaml:"retention" default:"400d" min:"1d" max:"10000d" doc:"embedded only: how long values are kept"`
}

type influxBlock struct {
	block
	URL       address  `yaml:"url" need:"true" example:"http://127.0.0.1:8086" doc:"a URL such as http://127.0.0.1:8086"`
	Org       raw      `yaml:"org" doc:"the organisation; empty for 1.8"`
	Bucket    text     `yaml:"bucket" need:"true" doc:"the bucket; database/retention-policy for 1.8"`
	Token     secret   `yaml:"token" doc:"the token as ${env:NAME}; user:password for 1.8"`
	TokenFile path     `yaml:"token_file" doc:"a file that holds the token"`
	CAFile    path     `yaml:"ca_file" doc:"the authority that signed the server's certificate, PEM"`
	Flush     duration `yaml:"flush" default:"100ms" min:"1ms" max:"1m" doc:"the longest wait for a fuller batch"`
	MaxBatch  integer  `yaml:"max_batch" default:"5000" min:"1" max:"100000" doc:"lines in one request"`
	Drain     integer  `yaml:"drain" default:"20000" min:"1" max:"10000000" doc:"lines per second of backlog, beside live ones"`
}

type journalBlock struct {
	block
	MaxBytes size     `yaml:"max_bytes" default:"2GiB" min:"1MiB" max:"100TiB" doc:"the journal's limit on disk"`
	MaxAge   duration `yaml:"max_age" default:"14d" min:"1h" max:"10000d" doc:"the oldest entry that is kept"`
	Reserve  size     `yaml:"reserve" default:"1GiB" min:"0B" max:"100TiB" doc:"free disk that is left to others"`
}
