BEGIN TRANSACTION;
CREATE TABLE agent (
	agent_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	name VARCHAR(32) NOT NULL, 
	model TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	deleted_at INTEGER, 
	last_played_at INTEGER, 
	n_participations INTEGER NOT NULL, 
	n_decisions INTEGER NOT NULL, 
	n_fallbacks INTEGER NOT NULL, 
	n_memories INTEGER NOT NULL, 
	tokens_in INTEGER NOT NULL, 
	tokens_out INTEGER NOT NULL, 
	memory_version INTEGER NOT NULL, 
	UNIQUE ("key")
);
INSERT INTO "agent" VALUES(1,'3045251599ac4e5fd9847c4812d3d0b8','ada','openai:double','{"embedder":"hashed","max_tokens":64}',0,NULL,0,5,8,0,5,3842,36,8);
INSERT INTO "agent" VALUES(2,'a0d8959b8445d676ab3b1add56f40f54','bob','openai:double','{"embedder":"hashed"}',0,NULL,0,0,2,0,0,440,8,0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE attempt (
	attempt_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	episode_id INTEGER, 
	choice_id INTEGER, 
	turn INTEGER, 
	seat TEXT, 
	ordinal INTEGER NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	prompt TEXT NOT NULL, 
	reply_id INTEGER, 
	problem TEXT, 
	tokens_in INTEGER, 
	tokens_out INTEGER, 
	cached_tokens INTEGER, 
	milliseconds INTEGER NOT NULL, 
	created_at INTEGER NOT NULL, 
	FOREIGN KEY(choice_id) REFERENCES choice (choice_id), 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id), 
	FOREIGN KEY(reply_id) REFERENCES text (text_id), 
	UNIQUE (choice_id, ordinal), 
	UNIQUE (episode_id, turn, seat, ordinal)
);
INSERT INTO "attempt" VALUES(1,1,NULL,0,'player_0',0,'ok','[["system","rules",1],["user","board",2],["user","menu",3]]',4,NULL,331,4,0,0,0);
INSERT INTO "attempt" VALUES(2,1,NULL,1,'player_1',0,'ok','[["system","rules",8],["user","board",9],["user","menu",10]]',11,NULL,334,4,0,0,0);
INSERT INTO "attempt" VALUES(3,2,NULL,0,'player_0',0,'ok','[["system","rules",1],["user","memories",14],["user","board",15],["user","menu",3]]',11,NULL,430,4,0,0,0);
INSERT INTO "attempt" VALUES(4,NULL,1,NULL,NULL,0,'ok','[["system","chooser",18],["user","offers",19],["user","menu",20]]',21,NULL,730,4,0,0,0);
INSERT INTO "attempt" VALUES(5,3,NULL,0,'agent_0',0,'ok','[["system","rules",22],["user","memories",23],["user","board",24],["user","menu",25]]',26,NULL,497,4,0,0,0);
INSERT INTO "attempt" VALUES(6,3,NULL,1,'agent_0',0,'ok','[["system","rules",22],["user","memories",23],["user","board",29],["user","menu",30]]',31,NULL,502,4,0,0,0);
INSERT INTO "attempt" VALUES(7,4,NULL,0,'player_0',0,'ok','[["system","rules",33],["user","memories",34],["user","board",35],["user","menu",36]]',37,NULL,336,4,0,0,0);
INSERT INTO "attempt" VALUES(8,4,NULL,1,'player_1',0,'ok','[["system","rules",40],["user","board",41],["user","menu",42]]',37,NULL,218,4,0,0,0);
INSERT INTO "attempt" VALUES(9,4,NULL,2,'player_0',0,'ok','[["system","rules",33],["user","memories",23],["user","board",45],["user","menu",46]]',47,NULL,339,4,0,0,0);
INSERT INTO "attempt" VALUES(10,4,NULL,3,'player_1',0,'ok','[["system","rules",40],["user","board",50],["user","menu",51]]',47,NULL,222,4,0,0,0);
INSERT INTO "attempt" VALUES(11,4,NULL,4,'player_0',0,'ok','[["system","rules",33],["user","memories",23],["user","board",54],["user","menu",55]]',56,NULL,343,4,0,0,0);
CREATE TABLE choice (
	choice_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	run_id INTEGER NOT NULL, 
	agent_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	offered TEXT NOT NULL, 
	env_id TEXT, 
	reason TEXT, 
	source VARCHAR(16), 
	created_at INTEGER NOT NULL, 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id), 
	FOREIGN KEY(run_id) REFERENCES run (run_id), 
	UNIQUE ("key")
);
INSERT INTO "choice" VALUES(1,'32e7df8908f515d7d8bc7f79579e1545',2,1,0,'{"offers":[{"env_id":"classic/tictactoe_v3","line":"classic/tictactoe_v3: Three in a row on a board of three by three. Trains planning, tactics. About 1 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_formation_v1","line":"mpe/simple_formation_v1: Teammates who cannot see each other form a circle round a landmark. Trains cooperation, navigation. About 2 turns, 1 min. You have never played it (random play: agent -18.80).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_push_v3","line":"mpe/simple_push_v3: An agent heads for a goal that it knows; an adversary that does not know it pushes it away. Trains navigation, prediction, tactics. About 2 turns, 1 min. You have never played it (random play: adversary 0.17, agent -28.50).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_world_comm_v3","line":"mpe/simple_world_comm_v3: A chase with food and hiding places, in which a leader who sees all directs the predators by words. Trains communication, cooperation, navigation, prediction. About 2 turns, 1 min. You have never played it (random play: leadadversary 3.44, adversary 3.42, agent -26.48).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/connect_four_v3","line":"classic/connect_four_v3: Four in a line on an upright board of seven columns and six rows. Trains planning, tactics. About 1 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_tag_v3","line":"mpe/simple_tag_v3: Predators (adversaries) chase faster prey (agents) between obstacles. Trains cooperation, navigation, prediction. About 2 turns, 1 min. You have never played it (random play: adversary 4.87, agent -16.79).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/go_v5","line":"classic/go_v5: Go by area scoring, on 9 by 9 where nothing else is asked for. Trains planning, tactics. About 1 turns, 1 min. You have never played it (random play: black -0.23, white 0.23).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_speaker_listener_v4","line":"mpe/simple_speaker_listener_v4: A speaker who knows the goal and cannot move guides a listener who moves and cannot speak. Trains communication, cooperation, navigation. About 2 turns, 1 min. You have never played it (random play: speaker -40.09, listener -40.09).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_line_v1","line":"mpe/simple_line_v1: Teammates who cannot see each other line up between two landmarks. Trains cooperation, navigation. About 2 turns, 1 min. You have never played it (random play: agent -22.47).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_reference_v3","line":"mpe/simple_reference_v3: Two partners tell each other which of three coloured landmarks to go to. Trains communication, cooperation, navigation. About 2 turns, 1 min. You have never played it (random play: agent -28.67).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/texas_holdem_no_limit_v6","line":"classic/texas_holdem_no_limit_v6: Hold''em with raises up to everything that a player has. Trains bluffing, risk, prediction. About 1 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/chess_v6","line":"classic/chess_v6: Chess from the usual first position; draws are claimed by themselves. Trains planning, tactics. About 1 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_v3","line":"mpe/simple_v3: One agent pushes itself to one landmark. Trains navigation. About 2 turns, 1 min. You have never played it (random play: agent -40.57).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_crypto_v3","line":"mpe/simple_crypto_v3: Alice tells Bob a bit over a public channel; both have a key that the eavesdropper Eve lacks. Trains communication, cooperation, prediction. About 2 turns, 1 min. You have never played it (random play: eve -37.61, bob 0.17, alice 0.17).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/collect_treasure_v1","line":"mpe/collect_treasure_v1: Collectors fetch coloured treasures and bring each to the deposit of its colour, which moves as well. Trains cooperation, navigation, planning. About 2 turns, 1 min. You have never played it (random play: collector -2.69, deposit 0.69).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_spread_v3","line":"mpe/simple_spread_v3: Teammates share out as many landmarks as they are, without bumping into each other. Trains cooperation, navigation. About 2 turns, 1 min. You have never played it (random play: agent -26.71).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/rps_v2","line":"classic/rps_v2: Both choose at the same time, for many rounds against the same rival. Trains prediction, memory. About 2 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/leduc_holdem_v4","line":"classic/leduc_holdem_v4: The smallest poker: six cards, one in hand, one public card, two betting rounds. Trains bluffing, risk, prediction. About 1 turns, 1 min. Yours: 4 played, mean return 0.00 (random play: player 0.00).","played":4,"mean_total":0.0,"seconds":0.0},{"env_id":"classic/hanabi_v5","line":"classic/hanabi_v5: Everybody sees the others'' cards but not their own; together they build a firework of each colour. Trains cooperation, communication, memory, planning. About 1 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"mpe/simple_adversary_v3","line":"mpe/simple_adversary_v3: Good agents hold a goal that they know against an adversary that must guess it. Trains bluffing, cooperation, prediction. About 2 turns, 1 min. You have never played it (random play: adversary -28.98, agent 8.00).","played":0,"mean_total":null,"seconds":0.0},{"env_id":"classic/texas_holdem_v4","line":"classic/texas_holdem_v4: Hold''em with raises of a fixed size. Trains bluffing, risk, prediction. About 1 turns, 1 min. You have never played it (random play: player 0.00).","played":0,"mean_total":null,"seconds":0.0}]}','mpe/simple_spread_v3','because','model',0);
CREATE TABLE embedder (
	embedder_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	fingerprint VARCHAR(255) NOT NULL, 
	name TEXT NOT NULL, 
	dim INTEGER NOT NULL, 
	probe_text TEXT, 
	probe_vector BLOB, 
	UNIQUE (fingerprint)
);
INSERT INTO "embedder" VALUES(1,'hashed/1:256','hashed-256',256,'The quick brown fox jumps over the lazy dog.',X'00000000EC29E23D000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29E23D000000000000000000000000EC29E2BE00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29E2BD0000000000000000000000000000000000000000EC29E2BD00000000EC29E2BD0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC2962BE000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29623E00000000000000000000000000000000000000000000000000000000EC2962BE00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29623EEC29E2BD0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29E2BD000000000000000000000000000000000000000000000000000000000000000000000000EC29E23D000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29E23DEC29623E00000000EC2962BEEC29E2BD0000000000000000EC29E2BD0000000000000000000000000000000000000000000000000000000000000000EC29E23D0000000000000000EC29623E00000000EC29E23D0000000000000000EC29E23D0000000000000000000000000000000000000000000000000000000000000000EC29E2BD00000000EC29E23D0000000000000000000000000000000000000000EC29E2BD00000000EC29E23D000000000000000000000000000000000000000000000000EC29E2BD000000000000000000000000EC29E23D00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29E23D000000000000000000000000EC29E2BE0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000EC29E2BD');
CREATE TABLE embedding (
	agent_id INTEGER NOT NULL, 
	embedder_id INTEGER NOT NULL, 
	memory_id INTEGER NOT NULL, 
	vector BLOB NOT NULL, 
	PRIMARY KEY (agent_id, embedder_id, memory_id), 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id), 
	FOREIGN KEY(embedder_id) REFERENCES embedder (embedder_id), 
	FOREIGN KEY(memory_id) REFERENCES memory (memory_id)
);
INSERT INTO "embedding" VALUES(1,1,1,X'000000000000000061466DBD000000006146ED3D61466D3D61466D3D6146EDBD000000000000000061466D3D61466DBD0000000000000000C9F4313E0000000061466D3D000000000000000061466DBD0000000000000000000000006146ED3D000000000000000061466DBD00000000000000000000000061466DBD00000000000000006146ED3D000000000000000000000000000000000000000061466DBD000000000000000061466DBD6146ED3D0000000000000000000000000000000061466DBD00000000000000000000000061466DBD00000000000000000000000000000000C9F431BE61466D3D000000000000000061466DBD00000000C9F431BE0000000061466DBD00000000000000006146EDBD61466DBD61466D3D000000000000000061466DBD000000000000000000000000C9F4313E6146EDBD6146ED3D0000000061466DBD00000000000000006146ED3D0000000061466D3D000000006146EDBD61466D3D0000000000000000C9F431BE0000000061466DBD000000000000000061466DBD61466DBE00000000000000006146EDBD61466D3E6146ED3D61466D3D000000000000000061466D3D0000000061466D3D0000000061466DBD000000000000000061466D3D0000000061466D3D61466D3D61466D3D0000000061466DBD61466D3D000000000000000000000000000000000000000061466D3D000000006146ED3D61466D3D61466DBD61466D3D0000000000000000C9F4313E6146EDBD61466DBD00000000000000000000000061466D3D0000000000000000000000006146EDBD0000000000000000000000000000000061466D3D0000000000000000000000000000000061466D3D6146EDBD000000006146EDBD61466DBE0000000061466DBD00000000000000000000000061466D3D00000000000000006146EDBD61466DBD6146ED3D61466D3D00000000000000006146ED3D000000000000000000000000000000000000000061466DBE000000000000000061466D3D000000000000000061466DBD00000000000000000000000061466D3D0000000000000000000000000000000000000000000000000000000061466D3D0000000061466DBD00000000000000000000000000000000000000000000000000000000000000000000000000000000C9F4313E0000000061466D3D00000000000000000000000061466D3D0000000061466D3E61466D3D0000000000000000000000000000000000000000000000000000000000000000000000000000000061466D3D000000000000000000000000000000000000000061466D3D00000000000000000000000061466DBD0000000061466DBE0000000061466DBD00000000000000000000000061466D3D000000000000000000000000000000000000000000000000');
INSERT INTO "embedding" VALUES(1,1,2,X'00000000000000001E4F6BBD000000001E4FEB3D1E4F6B3D1E4F6B3D1E4FEBBD1E4F6BBD00000000000000001E4F6BBD0000000000000000577B303E000000001E4F6B3D00000000000000001E4F6B3D1E4F6B3D00000000000000001E4FEB3D0000000000000000577B30BE000000001E4F6B3D000000001E4F6BBD00000000000000000000000000000000000000000000000000000000000000001E4F6BBD00000000000000001E4F6BBD1E4FEB3D00000000000000001E4F6B3D000000001E4F6BBD00000000000000001E4F6B3D1E4F6BBD00000000000000000000000000000000577B30BE1E4F6B3D00000000000000001E4F6BBD00000000577B30BE000000001E4F6BBD000000001E4FEB3D1E4F6BBD1E4FEBBD1E4F6B3D00000000000000001E4F6BBD0000000000000000000000001E4F6B3D1E4FEBBD1E4FEB3D000000001E4F6BBD00000000000000001E4FEB3D1E4FEBBD1E4F6B3D000000001E4F6BBD1E4F6B3D0000000000000000577B30BE000000001E4F6BBD00000000000000001E4F6BBD1E4F6BBE00000000000000001E4FEBBD1E4F6B3E1E4FEB3D000000000000000000000000577B303E1E4FEB3D1E4F6B3D000000001E4F6BBD00000000000000001E4F6B3D000000001E4F6B3D000000001E4F6B3D00000000000000001E4F6B3D00000000000000000000000000000000000000001E4F6B3D000000001E4FEB3D1E4F6B3D1E4F6BBD1E4F6B3D000000001E4F6B3D577B303E1E4FEBBD1E4F6BBD000000000000000000000000000000000000000000000000000000001E4FEBBD0000000000000000000000001E4F6B3D1E4F6B3D000000000000000000000000000000001E4F6B3D1E4FEBBD000000001E4FEBBD1E4FEBBD00000000000000000000000000000000000000001E4F6B3D00000000000000001E4FEBBD1E4F6BBD1E4FEB3D1E4F6B3D1E4F6BBD00000000000000000000000000000000000000000000000000000000577B30BE00000000000000001E4F6B3D00000000000000001E4F6BBD000000001E4FEBBD00000000000000001E4F6B3D0000000000000000000000000000000000000000000000001E4F6B3D000000001E4FEBBD00000000000000000000000000000000000000000000000000000000000000000000000000000000577B303E000000001E4F6B3D000000001E4F6B3D000000001E4FEB3D000000001E4F6B3E1E4F6B3D000000000000000000000000000000001E4F6BBD00000000000000000000000000000000000000001E4F6B3D00000000000000000000000000000000000000001E4F6B3D00000000000000001E4F6B3D1E4F6BBD000000001E4F6BBE000000001E4F6BBD0000000000000000000000001E4F6B3D000000000000000000000000000000000000000000000000');
INSERT INTO "embedding" VALUES(1,1,3,X'000000000000000090C866BD0000000090C8E63D90C8663D90C8663D90C8E6BD90C8663D000000000000000090C866BD00000000000000006C162D3E0000000090C8663D000000000000000090C8663D00000000000000000000000090C8E63D00000000000000006C162DBE00000000000000000000000090C866BD000000000000000090C8E63D000000000000000000000000000000000000000090C866BD000000000000000090C866BD90C8E63D000000000000000090C8663D0000000090C866BD00000000000000000000000090C866BD000000000000000000000000000000006C162DBE90C8663D000000000000000090C866BD0000000090C866BE0000000090C866BD000000000000000090C866BD90C8E6BD90C8663D000000000000000090C866BD0000000000000000000000006C162D3E90C8E6BD90C8E63D0000000090C866BD000000000000000090C8E63D90C8E6BD90C8663D0000000090C8E6BD90C8663D000000000000000090C8E6BD0000000090C866BD000000000000000090C866BD90C866BE000000000000000090C8E6BD90C8663E90C8E63D00000000000000000000000090C8663D0000000090C8663D0000000090C866BD000000000000000090C8663D0000000090C8663D0000000090C8663D0000000090C8663D90C8663D000000000000000000000000000000000000000090C8663D0000000090C8E63D90C8663D90C866BD90C8663D00000000000000006C162D3E90C8E6BD90C866BD0000000000000000000000000000000000000000000000000000000090C8E6BD0000000000000000000000000000000090C8663D0000000000000000000000000000000090C8663D90C8E6BD0000000090C8E6BD90C8E6BD0000000090C866BD00000000000000000000000090C8663D000000000000000090C8E6BD90C866BD90C8E63D90C8663D000000000000000000000000000000000000000000000000000000000000000090C866BE000000000000000000000000000000000000000090C866BD000000006C162DBE0000000090C8663D90C8663D000000000000000090C866BD00000000000000000000000090C8663D0000000090C866BD00000000000000000000000090C866BD0000000000000000000000000000000000000000000000006C162D3E0000000090C8663D0000000090C8663D0000000090C8E63D90C8663D90C8663E90C8663D0000000000000000000000000000000000000000000000000000000000000000000000000000000090C8663D000000000000000000000000000000000000000090C8663D000000000000000090C8663D90C866BD0000000090C866BE0000000090C866BD00000000000000000000000090C8663D000000000000000090C8E63D000000000000000000000000');
INSERT INTO "embedding" VALUES(1,1,4,X'00000000000000000000000000000000FC50343EFC50B43DFC50B43DFC5034BEFC5034BE00000000FC50B43D000000000000000000000000FC50B43D0000000000000000000000000000000000000000FC50B43D000000000000000000000000000000000000000000000000000000000000000000000000FC50B4BD0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FC50B4BD00000000FC50343E00000000000000000000000000000000FC50B4BD00000000FC50B43D00000000000000000000000000000000FC50B43EFC50B4BD00000000000000000000000000000000000000000000000000000000FC50B4BD00000000FC50343EFC50B4BDFC50B4BD000000000000000000000000FC50B4BD000000000000000000000000FC50B43D00000000FC50343E00000000FC50B4BD00000000FC50B4BD00000000000000000000000000000000FC50B4BD000000000000000000000000FC50B4BD00000000000000000000000000000000FC50B4BD00000000000000000000000000000000FC50343E0000000000000000FC50B4BD00000000FC50B43D000000000000000000000000FC50B4BD00000000000000000000000000000000FC50B43D000000000000000000000000FC5034BEFC50B43D0000000000000000000000000000000000000000FC50B43D00000000FC50B43DFC50B43D00000000000000000000000000000000FC50B43DFC50B4BDFC50B4BD000000000000000000000000000000000000000000000000FC5034BEFC5034BE0000000000000000000000000000000000000000000000000000000000000000FC5034BEFC50B4BD0000000000000000FC50B43D000000000000000000000000000000000000000000000000000000000000000000000000FC5034BEFC50B4BD00000000000000000000000000000000000000000000000000000000FC50B4BD0000000000000000BD3C87BE0000000000000000FC50B43D0000000000000000FC50B4BD000000000000000000000000FC50B43D000000000000000000000000FC50B4BD000000000000000000000000FC50B43D0000000000000000000000000000000000000000FC50B4BD000000000000000000000000FC50B43D00000000000000000000000000000000FC50B43D00000000FC5034BE00000000FC50B43D0000000000000000FC50B43D0000000000000000000000000000000000000000000000000000000000000000FC50B4BD000000000000000000000000FC50B4BD000000000000000000000000FC50B43D0000000000000000000000000000000000000000FC5034BE000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "embedding" VALUES(1,1,5,X'00000000000000000000000000000000FD94483DFD94483DBE6F163EFD94C8BD00000000000000000000000000000000FD9448BE00000000FD94483DFD94C8BDFD94483D000000000000000000000000000000000000000000000000000000000000000000000000FD94C83DFD9448BDFD94483DFD94483DFD94C8BD00000000FD94483E0000000000000000FD94483D0000000000000000FD9448BDFD94C8BDBE6F16BE00000000FD9448BDFD94483D00000000FD9448BDFD9448BD00000000FD94C8BD000000000000000000000000FD9448BD000000000000000000000000BE6F16BEBE6F16BEFD94483D00000000FD94C8BDFD94483D00000000FD9448BD0000000000000000FD9448BD000000000000000000000000000000000000000000000000FD94C8BD00000000000000000000000000000000FD9448BDFD94C83DFD94483DFD9448BD00000000FD9448BD0000000000000000FD94483DFD9448BDFD94C8BDFD94C8BDFD9448BD000000000000000000000000FD94C83D000000000000000000000000FD94483D0000000000000000FD9448BD00000000000000000000000000000000FD94C83DFD94483DFD9448BDFD94C8BD0000000000000000FD94483D00000000FD94483D00000000FD94483D00000000FD9448BDFD94483D00000000FD94483DFD94483DFD9448BD0000000000000000000000000000000000000000BE6F163E00000000FD9448BEFD94C8BDFD9448BD00000000FD94483DFD94C8BD00000000FD94483D0000000000000000000000000000000000000000FD9448BDFD94C8BD00000000000000000000000000000000BE6F163E000000000000000000000000FD94C8BD0000000000000000FD94483DFD9448BE0000000000000000BE6F16BEFD94483D00000000FD9448BD000000000000000000000000FD94C8BDFD9448BD00000000FD94483D00000000FD9448BD00000000FD94C83D000000000000000000000000000000005D82AFBE00000000000000000000000000000000FD94483DFD94C83D00000000FD9448BE00000000000000000000000000000000FD9448BD00000000FD94C8BDFD9448BD00000000FD9448BD00000000FD9448BD000000000000000000000000000000000000000000000000FD9448BDFD9448BDFD9448BDFD9448BDFD94483E00000000FD94483D000000000000000000000000FD94483DFD9448BD00000000BE6F163E00000000FD94C83D000000000000000000000000000000000000000000000000FD94C83D00000000000000000000000000000000FD94483D0000000000000000FD94483D00000000000000000000000000000000FD94C8BD3CBA7ABE0000000000000000FD94483DFD9448BDFD94483DFD94483DFD94C83D00000000FD9448BDFD94C8BDFD9448BD00000000');
CREATE TABLE env_record (
	agent_id INTEGER NOT NULL, 
	env_id VARCHAR(255) NOT NULL, 
	n_participations INTEGER NOT NULL, 
	sum_total FLOAT NOT NULL, 
	best_total FLOAT NOT NULL, 
	last_total FLOAT NOT NULL, 
	n_wins INTEGER NOT NULL, 
	n_draws INTEGER NOT NULL, 
	n_losses INTEGER NOT NULL, 
	sum_turns INTEGER NOT NULL, 
	sum_seconds FLOAT NOT NULL, 
	PRIMARY KEY (agent_id, env_id), 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id)
);
INSERT INTO "env_record" VALUES(1,'classic/leduc_holdem_v4',4,0.0,1.0,0.5,2,0,2,6,0.0);
INSERT INTO "env_record" VALUES(1,'mpe/simple_spread_v3',1,-1.77140847294534631295e+00,-1.77140847294534631295e+00,-1.77140847294534631295e+00,0,0,0,2,0.0);
CREATE TABLE episode (
	episode_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	run_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	choice_id INTEGER, 
	variant_id INTEGER NOT NULL, 
	env_id TEXT NOT NULL, 
	text_version INTEGER NOT NULL, 
	situation_version INTEGER NOT NULL, 
	seed INTEGER NOT NULL, 
	max_turns INTEGER, 
	templates TEXT NOT NULL, 
	packages TEXT NOT NULL, 
	langgym_version VARCHAR(64) NOT NULL, 
	commit_hash VARCHAR(64), 
	status VARCHAR(16) NOT NULL, 
	reason VARCHAR(16), 
	fault TEXT, 
	drifted BOOLEAN NOT NULL, 
	n_turns INTEGER NOT NULL, 
	started_at INTEGER NOT NULL, 
	ended_at INTEGER, 
	FOREIGN KEY(choice_id) REFERENCES choice (choice_id), 
	FOREIGN KEY(run_id) REFERENCES run (run_id), 
	FOREIGN KEY(variant_id) REFERENCES variant (variant_id), 
	UNIQUE ("key")
);
INSERT INTO "episode" VALUES(1,'6a5a796c8a7af6ff856460e3e510d930',1,0,NULL,1,'classic/leduc_holdem_v4',1,1,659963615,NULL,'20091fd50ec82c09','{"pettingzoo":"1.27.0","mpe2":"1.1.1","rlcard":"1.2.0","chess":"1.11.2","open_spiel":"2.0.2","numpy":"2.4.6"}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','finished','natural',NULL,0,2,0,0);
INSERT INTO "episode" VALUES(2,'b009255e4bfd39cc1e5a927115d5d058',1,1,NULL,1,'classic/leduc_holdem_v4',1,1,55367793,NULL,'20091fd50ec82c09','{"pettingzoo":"1.27.0","mpe2":"1.1.1","rlcard":"1.2.0","chess":"1.11.2","open_spiel":"2.0.2","numpy":"2.4.6"}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','finished','natural',NULL,0,1,0,0);
INSERT INTO "episode" VALUES(3,'c5aba3fa7a5876098866f74080b2039a',2,0,1,2,'mpe/simple_spread_v3',1,1,1067379902,2,'20091fd50ec82c09','{"pettingzoo":"1.27.0","mpe2":"1.1.1","rlcard":"1.2.0","chess":"1.11.2","open_spiel":"2.0.2","numpy":"2.4.6"}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','finished','capped',NULL,0,2,0,0);
INSERT INTO "episode" VALUES(4,'ada0340557defafec297790d8f14a40c',3,0,NULL,3,'classic/connect_four_v3',1,1,1054610212,8,'20091fd50ec82c09','{"pettingzoo":"1.27.0","mpe2":"1.1.1","rlcard":"1.2.0","chess":"1.11.2","open_spiel":"2.0.2","numpy":"2.4.6"}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','running',NULL,NULL,0,5,0,NULL);
CREATE TABLE evidence (
	memory_id INTEGER NOT NULL, 
	episode_id INTEGER NOT NULL, 
	seat VARCHAR(255) NOT NULL, 
	turn_from INTEGER, 
	turn_to INTEGER, 
	relation VARCHAR(16) NOT NULL, 
	PRIMARY KEY (memory_id, episode_id, seat), 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id), 
	FOREIGN KEY(memory_id) REFERENCES memory (memory_id)
);
INSERT INTO "evidence" VALUES(1,1,'player_0',0,0,'source');
INSERT INTO "evidence" VALUES(2,1,'player_1',1,1,'source');
INSERT INTO "evidence" VALUES(3,2,'player_0',0,0,'source');
INSERT INTO "evidence" VALUES(4,2,'player_1',NULL,NULL,'source');
INSERT INTO "evidence" VALUES(5,3,'agent_0',0,1,'source');
CREATE TABLE index_state (
	agent_id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	dirty BOOLEAN NOT NULL, 
	chroma_version VARCHAR(64) NOT NULL, 
	embedder VARCHAR(255) NOT NULL, 
	n_changes INTEGER NOT NULL, 
	PRIMARY KEY (agent_id), 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id)
);
INSERT INTO "index_state" VALUES(1,1,0,'1.5.9','hashed/1:256',0);
CREATE TABLE memory (
	memory_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	agent_id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	text TEXT NOT NULL, 
	folded TEXT NOT NULL, 
	altered BOOLEAN NOT NULL, 
	env_id TEXT NOT NULL, 
	role TEXT NOT NULL, 
	episode_id INTEGER NOT NULL, 
	seat TEXT NOT NULL, 
	turn_from INTEGER, 
	turn_to INTEGER, 
	outcome FLOAT, 
	importance FLOAT NOT NULL, 
	clock INTEGER NOT NULL, 
	n_recalled INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at INTEGER NOT NULL, 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id), 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id), 
	UNIQUE ("key")
);
INSERT INTO "memory" VALUES(1,'20ffb53b8a253f18142cefd3ac3f3fc6',1,'episodic','Leduc hold''em as player_0, with ada in the other seats. I won, return +1.00. I acted 1 times: call. At my last move the situation was: leduc, first round: K, public none; a bet to call, raises 0, pot up to 4, rivals 1.','leduc hold''em as player_0, with ada in the other seats. i won, return +1.00. i acted 1 times: call. at my last move the situation was: leduc, first round: k, public none; a bet to call, raises 0, pot up to 4, rivals 1.',0,'classic/leduc_holdem_v4','player',1,'player_0',0,0,1.0,0.7,2,6,'active',0);
INSERT INTO "memory" VALUES(2,'2c7601541d8bb1067d517061f2f8a919',1,'episodic','Leduc hold''em as player_1, with ada in the other seats. I lost, return -1.00. I acted 1 times: fold. At my last move the situation was: leduc, first round: Q, public none; nothing to call, raises 0, pot up to 4, rivals 1.','leduc hold''em as player_1, with ada in the other seats. i lost, return -1.00. i acted 1 times: fold. at my last move the situation was: leduc, first round: q, public none; nothing to call, raises 0, pot up to 4, rivals 1.',0,'classic/leduc_holdem_v4','player',1,'player_1',1,1,-1.0,0.7,2,1,'active',0);
INSERT INTO "memory" VALUES(3,'30569ac8ac15e1e3031626297a43a776',1,'episodic','Leduc hold''em as player_0, with ada in the other seats. I lost, return -0.50. I acted 1 times: fold. At my last move the situation was: leduc, first round: Q, public none; a bet to call, raises 0, pot up to 4, rivals 1.','leduc hold''em as player_0, with ada in the other seats. i lost, return -0.50. i acted 1 times: fold. at my last move the situation was: leduc, first round: q, public none; a bet to call, raises 0, pot up to 4, rivals 1.',0,'classic/leduc_holdem_v4','player',2,'player_0',0,0,-0.5,0.7,4,5,'active',0);
INSERT INTO "memory" VALUES(4,'5d444cc83cf0420decbc2ed6d9b1ea95',1,'episodic','Leduc hold''em as player_1, with ada in the other seats. I won, return +0.50. It ended before I acted.','leduc hold''em as player_1, with ada in the other seats. i won, return +0.50. it ended before i acted.',0,'classic/leduc_holdem_v4','player',2,'player_1',NULL,NULL,0.5,0.7,4,5,'active',0);
INSERT INTO "memory" VALUES(5,'cf54d5ae20799d2a2b2b3e3a3d31ab48',1,'episodic','Simple spread as agent_0, with random in the other seats. It was stopped at the limit of turns, return -1.77. I acted 2 times: left, up. Best after ''up'': -0.88. Worst after ''left'': -0.89. At my last move the situation was: nearest landmark some way down-left.','simple spread as agent_0, with random in the other seats. it was stopped at the limit of turns, return -1.77. i acted 2 times: left, up. best after ''up'': -0.88. worst after ''left'': -0.89. at my last move the situation was: nearest landmark some way down-left.',0,'mpe/simple_spread_v3','agent',3,'agent_0',0,1,-1.77140847294534631295e+00,0.4,5,0,'active',0);
CREATE TABLE outbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	agent_id INTEGER NOT NULL, 
	memory_id INTEGER NOT NULL, 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id)
);
CREATE TABLE participation (
	participation_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	episode_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	seat TEXT NOT NULL, 
	role TEXT NOT NULL, 
	team TEXT, 
	player TEXT NOT NULL, 
	agent_id INTEGER, 
	model TEXT, 
	settings TEXT NOT NULL, 
	n_decisions INTEGER NOT NULL, 
	n_fallbacks INTEGER NOT NULL, 
	n_first_try_legal INTEGER NOT NULL, 
	total FLOAT, 
	result VARCHAR(16), 
	reason VARCHAR(16), 
	FOREIGN KEY(agent_id) REFERENCES agent (agent_id), 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id), 
	UNIQUE (episode_id, seat), 
	UNIQUE ("key")
);
INSERT INTO "participation" VALUES(1,'65bffa3ffa8a903c0802d9883bf18791',1,0,'player_0','player',NULL,'ada',1,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":64,"memories":3,"max_turns":null,"rival":"self","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":64,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":0}',1,0,1,1.0,'win','natural');
INSERT INTO "participation" VALUES(2,'0ac3f46f3eba6f89e06467258ff1e03c',1,1,'player_1','player',NULL,'ada',1,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":64,"memories":3,"max_turns":null,"rival":"self","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":64,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":0}',1,0,1,-1.0,'loss','natural');
INSERT INTO "participation" VALUES(3,'d55a62ed9acdd5e6dda04e3fcec0788d',2,0,'player_0','player',NULL,'ada',1,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":64,"memories":3,"max_turns":null,"rival":"self","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":64,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":2}',1,0,1,-0.5,'loss','natural');
INSERT INTO "participation" VALUES(4,'3c3a1af3b52ee35bdb1f1d181b157d63',2,1,'player_1','player',NULL,'ada',1,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":64,"memories":3,"max_turns":null,"rival":"self","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":64,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":2}',0,0,0,0.5,'win','natural');
INSERT INTO "participation" VALUES(5,'dfc9ed8151a316228c30c81580c4c00f',3,0,'agent_0','agent','team','ada',1,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":null,"memories":3,"max_turns":2,"rival":"random","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":512,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":4}',2,0,2,-1.77140847294534631295e+00,NULL,'capped');
INSERT INTO "participation" VALUES(6,'c2ef0df8b599ffd918241a4681014f89',3,1,'agent_1','agent','team','random',NULL,NULL,'{}',2,0,2,-1.77140847294534631295e+00,NULL,'capped');
INSERT INTO "participation" VALUES(7,'206e364637d091ab71e5fd0b3d9b4833',3,2,'agent_2','agent','team','random',NULL,NULL,'{}',2,0,2,-1.77140847294534631295e+00,NULL,'capped');
INSERT INTO "participation" VALUES(8,'43f0830ccd35c4565bcdb1a0b441cd7a',4,0,'player_0','player',NULL,'ada',1,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":null,"memories":3,"max_turns":8,"rival":"agent:bob","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":512,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":5}',3,0,3,NULL,NULL,NULL);
INSERT INTO "participation" VALUES(9,'a1e24106338b3ecd4fc8f55525172459',4,1,'player_1','player',NULL,'bob',2,'openai:double','{"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":null,"memories":3,"max_turns":null,"rival":"random","mate":"random","threads":null},"asking":{"max_attempts":3,"thought":400,"max_tokens":512,"temperature":null},"model_fingerprint":"double","embedder_fingerprint":"hashed/1:256","clock":0}',2,0,2,NULL,NULL,NULL);
CREATE TABLE position (
	episode_id INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	payments TEXT NOT NULL, 
	PRIMARY KEY (episode_id, turn), 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id)
);
INSERT INTO "position" VALUES(1,0,X'4A848C9207D942106892978ACE17F3BD','{}');
INSERT INTO "position" VALUES(1,1,X'7127F03BA4B46773ED485C30130CE75A','{}');
INSERT INTO "position" VALUES(1,2,X'6A1E546C4023CB32138EB44BCC222043','{"player_0":1.0,"player_1":-1.0}');
INSERT INTO "position" VALUES(2,0,X'8F259D00665B249061118C949346653B','{}');
INSERT INTO "position" VALUES(2,1,X'5E85F2F0CF1B82CAC5ED732BA32CB58E','{"player_0":-0.5,"player_1":0.5}');
INSERT INTO "position" VALUES(3,0,X'7AE7999412FACBEE1D8F7D5D1F6327D4','{}');
INSERT INTO "position" VALUES(3,1,X'7245CFC02262294D10198FFDBEA82FA8','{"agent_0":-0.889289738482508,"agent_1":-0.889289738482508,"agent_2":-0.889289738482508}');
INSERT INTO "position" VALUES(3,2,X'3C5464D3BE12B37EDA3F300B154EE7FD','{"agent_0":-0.8821187344628383,"agent_1":-0.8821187344628383,"agent_2":-0.8821187344628383}');
INSERT INTO "position" VALUES(4,0,X'504F0B703BE4E26181DC75EA3CE20E3C','{}');
INSERT INTO "position" VALUES(4,1,X'F8C32FD2DFDDFA2944103BF50AC3BB87','{}');
INSERT INTO "position" VALUES(4,2,X'898A3D003D214D6125FC95385C457D0C','{}');
INSERT INTO "position" VALUES(4,3,X'54225A2F2B2AFEACAE187B19658FEBC9','{}');
INSERT INTO "position" VALUES(4,4,X'8E2D3C783A001BA08D9BEDFEF907CD9F','{}');
CREATE TABLE recall (
	episode_id INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	seat VARCHAR(255) NOT NULL, 
	memory_id INTEGER NOT NULL, 
	rank INTEGER NOT NULL, 
	score FLOAT NOT NULL, 
	parts TEXT NOT NULL, 
	PRIMARY KEY (episode_id, turn, seat, memory_id), 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id), 
	FOREIGN KEY(memory_id) REFERENCES memory (memory_id)
);
INSERT INTO "recall" VALUES(2,0,'player_0',1,1,8.364499999999999158e-01,'{"relevance":0.7329,"place":1.0,"recency":1.0,"importance":0.7}');
INSERT INTO "recall" VALUES(2,0,'player_0',2,2,0.81335,'{"relevance":0.6867,"place":1.0,"recency":1.0,"importance":0.7}');
INSERT INTO "recall" VALUES(3,0,'agent_0',3,1,2.19999999999999973354e-01,'{"relevance":0.0,"place":0.0,"recency":1.0,"importance":0.7}');
INSERT INTO "recall" VALUES(3,0,'agent_0',4,2,2.19999999999999973354e-01,'{"relevance":0.0,"place":0.0,"recency":1.0,"importance":0.7}');
INSERT INTO "recall" VALUES(3,0,'agent_0',1,3,2.09954948730521118172e-01,'{"relevance":0.0,"place":0.0,"recency":0.9330329915368074,"importance":0.7}');
INSERT INTO "recall" VALUES(3,1,'agent_0',3,1,2.19999999999999973354e-01,'{"relevance":0.0,"place":0.0,"recency":1.0,"importance":0.7}');
INSERT INTO "recall" VALUES(3,1,'agent_0',4,2,2.19999999999999973354e-01,'{"relevance":0.0,"place":0.0,"recency":1.0,"importance":0.7}');
INSERT INTO "recall" VALUES(3,1,'agent_0',1,3,2.09954948730521118172e-01,'{"relevance":0.0,"place":0.0,"recency":0.9330329915368074,"importance":0.7}');
INSERT INTO "recall" VALUES(4,0,'player_0',3,1,3.67740449338726849148e-01,'{"relevance":0.1057,"place":0.4,"recency":0.9659363289248456,"importance":0.7}');
INSERT INTO "recall" VALUES(4,0,'player_0',1,2,3.47487569391624562253e-01,'{"relevance":0.0846,"place":0.4,"recency":0.9012504626108302,"importance":0.7}');
INSERT INTO "recall" VALUES(4,0,'player_0',4,3,3.47040449338726852968e-01,'{"relevance":0.0643,"place":0.4,"recency":0.9659363289248456,"importance":0.7}');
INSERT INTO "recall" VALUES(4,2,'player_0',3,1,3.41040449338726847638e-01,'{"relevance":0.0523,"place":0.4,"recency":0.9659363289248456,"importance":0.7}');
INSERT INTO "recall" VALUES(4,2,'player_0',4,2,3.37590449338726839023e-01,'{"relevance":0.0454,"place":0.4,"recency":0.9659363289248456,"importance":0.7}');
INSERT INTO "recall" VALUES(4,2,'player_0',1,3,3.20137569391624521308e-01,'{"relevance":0.0299,"place":0.4,"recency":0.9012504626108302,"importance":0.7}');
INSERT INTO "recall" VALUES(4,4,'player_0',3,1,3.76890449338726840622e-01,'{"relevance":0.124,"place":0.4,"recency":0.9659363289248456,"importance":0.7}');
INSERT INTO "recall" VALUES(4,4,'player_0',4,2,3.58890449338726880146e-01,'{"relevance":0.088,"place":0.4,"recency":0.9659363289248456,"importance":0.7}');
INSERT INTO "recall" VALUES(4,4,'player_0',1,3,3.57337569391624532144e-01,'{"relevance":0.1043,"place":0.4,"recency":0.9012504626108302,"importance":0.7}');
CREATE TABLE run (
	run_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	seed INTEGER NOT NULL, 
	settings TEXT NOT NULL, 
	langgym_version VARCHAR(64) NOT NULL, 
	commit_hash VARCHAR(64), 
	status VARCHAR(16) NOT NULL, 
	started_at INTEGER NOT NULL, 
	ended_at INTEGER, 
	UNIQUE ("key")
);
INSERT INTO "run" VALUES(1,'5cd6873e7d609644310ec25837dc92c0',7,'{"agent":"ada","episodes":2,"env_id":"classic/leduc_holdem_v4","kwargs":{},"seat":null,"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":64,"memories":3,"max_turns":null,"rival":"self","mate":"random","threads":null}}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','finished',0,0);
INSERT INTO "run" VALUES(2,'701424a958def39faba1e9a27d02a30a',9,'{"agent":"ada","episodes":1,"env_id":null,"kwargs":{},"seat":null,"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":null,"memories":3,"max_turns":2,"rival":"random","mate":"random","threads":null}}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','finished',0,0);
INSERT INTO "run" VALUES(3,'e243182d88ddd69d6717b0e39df98dc2',11,'{"agent":"ada","episodes":2,"env_id":"classic/connect_four_v3","kwargs":{},"seat":null,"settings":{"model":"openai:double","base_url":null,"embedder":"hashed","temperature":null,"thought":null,"max_attempts":3,"max_tokens":null,"memories":3,"max_turns":8,"rival":"agent:bob","mate":"random","threads":null}}','0.1.0','c9263529757dc163a073e7e8278c2fa2d278431a','interrupted',0,0);
CREATE TABLE step (
	step_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	episode_id INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	seat TEXT NOT NULL, 
	action INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	text_id INTEGER, 
	situation_id INTEGER, 
	thought_id INTEGER, 
	n_attempts INTEGER NOT NULL, 
	first_try_legal BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	FOREIGN KEY(episode_id) REFERENCES episode (episode_id), 
	FOREIGN KEY(situation_id) REFERENCES text (text_id), 
	FOREIGN KEY(text_id) REFERENCES text (text_id), 
	FOREIGN KEY(thought_id) REFERENCES text (text_id), 
	UNIQUE (episode_id, turn, seat)
);
INSERT INTO "step" VALUES(1,1,0,'player_0',0,'call','model',5,6,7,1,1,0);
INSERT INTO "step" VALUES(2,1,1,'player_1',2,'fold','model',12,13,7,1,1,0);
INSERT INTO "step" VALUES(3,2,0,'player_0',2,'fold','model',16,17,7,1,1,0);
INSERT INTO "step" VALUES(4,3,0,'agent_0',1,'left','model',27,28,7,1,1,0);
INSERT INTO "step" VALUES(5,3,0,'agent_1',4,'up','random',NULL,NULL,NULL,0,1,0);
INSERT INTO "step" VALUES(6,3,0,'agent_2',1,'left','random',NULL,NULL,NULL,0,1,0);
INSERT INTO "step" VALUES(7,3,1,'agent_0',4,'up','model',32,28,7,1,1,0);
INSERT INTO "step" VALUES(8,3,1,'agent_1',3,'down','random',NULL,NULL,NULL,0,1,0);
INSERT INTO "step" VALUES(9,3,1,'agent_2',3,'down','random',NULL,NULL,NULL,0,1,0);
INSERT INTO "step" VALUES(10,4,0,'player_0',4,'5','model',38,39,7,1,1,0);
INSERT INTO "step" VALUES(11,4,1,'player_1',4,'5','model',43,44,7,1,1,0);
INSERT INTO "step" VALUES(12,4,2,'player_0',2,'3','model',48,49,7,1,1,0);
INSERT INTO "step" VALUES(13,4,3,'player_1',2,'3','model',52,53,7,1,1,0);
INSERT INTO "step" VALUES(14,4,4,'player_0',5,'6','model',57,58,7,1,1,0);
CREATE TABLE text (
	text_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	digest BLOB NOT NULL, 
	codec INTEGER NOT NULL, 
	altered BOOLEAN NOT NULL, 
	body BLOB NOT NULL, 
	UNIQUE (digest)
);
INSERT INTO "text" VALUES(1,X'A07AEDBE814F36AE5501105DC6FA89E7',1,0,X'28B52FFD603B04ED150076A76A23206F9C0353F4453B8D628B5B3693DD255CF1D0E9D4ACC4CA3CE81A47AC6B014269B00861005E005F006DE5C117EE98DADE409610BF8190558D2CAE202B2B5EC02CE6FA85E373B64396B26B7B2410070C110F49B2045044E5FCA300ECC1F6153165B8B34E82FBE5D1D6E7A8CCA38FC6B3CDB33EE97CDA7CCE533EE89DADDFAB4E7EF32A595E633E8213018E6B6D753E8CF5299FE737E10BAF7394814BA1E84C37467D76CB3D2682D84630762BF36E1C5F9AA36BCEBDB2A10C388E89DA1A5E29906BEB028CB3758FF97BF9F09B21745D9B6D7D62BE5246F64EE53BBEA8F2A7E92DD485E756E70CA50E1959E81B0A646505E3516AF03A09B219AF4FE60B56828D1B42AC0CDF59230A9BC4178D647B6BC83065F2CC569BE1F34E451FD79FF24C25F85E5EB1CDA611E730CE1E6C1EE195C36E0D57A33689D1D695B2EE04573C70C6B29DB2CB78A5680BCBBA7704BD9D4638A1673EDA85AFDA15B3854F3A7676C54CF4D6D71BBAF28EAB2F5C395C295CADF61F6FB48BB80D92258213BBF6F822D0BC2E9DBC4A1E8E03883F44344C24C9C2ED94D2C06CB7D193F1B7503A372F115EC0624AFA902C0DA1C6E71778A83119738819229120D214A490E11014A314C41B1048C96692643A1925AAAA4DE7C9029244D7E4BE26854792C91569967F682A0A9351CBC7481F97A5011704C7BAA489CA9A4DE4A5D6F25959376F943A78C5970374823C668150332333C61EABB5FDB02614605B036B447C94CC56219C6264A0C5CAF8AE38A45A4F9CAD84A28104BF2EA647F2A01958D03B766B8793B2CBC03AED5C27B8F97FA09C9478044411BADBA2964F70821224585535E6E5746456A7E84781FA9AE771913C020E238EAE7499132B9062035640D4F0688163B045B37818BDB36FCD3FEEDAACAEFEC4152DE6CB6B972E186D2E1D2D9E463D519981821CD1A9B0F3638F2508AA7F4C9B8ED009FCD2912136556C9D4A166040A60A');
INSERT INTO "text" VALUES(2,X'75FBE4DE7D7D3D72FD9D12EBB254E7A4',0,0,X'5455524E20310A466972737420726F756E64202862657474696E6720726F756E642031206F662032292E0A596F75722063617264733A204B682E205075626C69632063617264733A206E6F6E65207965742E0A596F7520686F6C643A20686967682063617264206B696E672E0A506F743A20332063686970732028796F7520312C20706C617965725F312032292E0A546F2063616C6C3A203120636869702E203220726169736573206C656674207468697320726F756E642C20627920322E0A4D6F76657320736F206661723A206E6F6E652E');
INSERT INTO "text" VALUES(3,X'635B02A2BFD9E6AD4FC5315A5086C928',0,0,X'4C4547414C0A616374696F6E3A2063616C6C2C2072616973652C20666F6C640A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(4,X'7DE552F39CE245BDE9E2683FB034DC99',0,0,X'7B2274686F75676874223A202262656361757365222C2022616374696F6E223A202263616C6C227D');
INSERT INTO "text" VALUES(5,X'F1C96C31A8050DA808900066FB1691FD',0,0,X'466972737420726F756E64202862657474696E6720726F756E642031206F662032292E0A596F75722063617264733A204B682E205075626C69632063617264733A206E6F6E65207965742E0A596F7520686F6C643A20686967682063617264206B696E672E0A506F743A20332063686970732028796F7520312C20706C617965725F312032292E0A546F2063616C6C3A203120636869702E203220726169736573206C656674207468697320726F756E642C20627920322E0A4D6F76657320736F206661723A206E6F6E652E');
INSERT INTO "text" VALUES(6,X'8B2523DFCC4E42C72B62F27B282DEC28',0,0,X'6C656475632C20666972737420726F756E643A204B2C207075626C6963206E6F6E653B20612062657420746F2063616C6C2C2072616973657320302C20706F7420757020746F20342C20726976616C732031');
INSERT INTO "text" VALUES(7,X'BDFFBA7887BB80B4D5FA0B7D94C2D39F',0,0,X'62656361757365');
INSERT INTO "text" VALUES(8,X'0594662D3FE06E7F42AFF2A94195B3F9',1,0,X'28B52FFD603C04DD150076A76A23206F9C0353F4453B8D628B5B3693DD255CF1D0E9D4ACC4CA3CE81A47AC6B014269B00861005E005F006DE5C117EE98DADE409610BF8190558D2CAE202B2B5EC02CE6FA85E373B64396B26B7B2410070C110F49B2085044E5FCA300ECC1F6153165B8B34E82FBE5D1D6E7A8CCA38FC6B3CDB33EE97CDA7CCE533EE89DADDFAB4E7EF32A595E633E8213018E6B6D753E8CF5299FE737E10BAF7394814BA1E84C37467D76CB3D2682D84630762BF36E1C5F9AA36BCEBDB2A10C388E89DA1A5E29906BEB028CB3758FF97BF9F09B21745D9B6D7D62BE5246F64EE53BBEA8F2A7E92DD485E756E70CA50E1959E81B0A646505E3516AF03A09B219AF4FE60B56828D1B42AC0CDF59230A9BC4178D647B6BC83065F2CC569BE1F34E451FD79FF24C25F85E5EB1CDA611E730CE1E6C1EE195C36E0D57A33689D1D695B2EE04573C70C6B29DB2CB78A5680BCBBA7704BD9D4638A1673EDA85AFDA15B3854F3A7676C54CF4D6D71BBAF28EAB2F5C395C295CADF61F6FB48BB80D92258213BBF6F812D0BC2E9DBC4A1E8E03883F44344C24C9C2ED94D2C06CB7D193F1B7503A372F115EC0624AFA902C0DA1C6E71776A83119738819229120D214A490E11014A314C41B11704955A62029B5FF061A0555CD4D24CA1149E26B5263930292648245DA65209A8CB2CDC80564E2C769E900068DCB3A95AF5D9E35AC26CDBBA50E5EF1FD005D90E72C90D4CCD08CD963B1B61FD64281B6355B23E2A3325B85708A11032D56E6BBE6906B75E2AC12EA0612F975351DC9C366B0A077ECD70E2765970DEB44E57A8A9BFF63E544C4A3216AD0B92D6EF9823394A06059D59917D3F1599DA21705F635CDE390BC028E117757B6CCC70AA4B88055206A7CB4C231D3A2583C8C1ED9B7E41F746D57AF3F71458BF9E6B54F17469B4B0F8B67A2DEAB4C40518E482AECFFD8B38441758A69D3D13A812F5D196253C5DEA97C0106C95401');
INSERT INTO "text" VALUES(9,X'6D1420B1A87A7AE16E6D23AD89280B04',0,0,X'5455524E20310A466972737420726F756E64202862657474696E6720726F756E642031206F662032292E0A596F75722063617264733A2051682E205075626C69632063617264733A206E6F6E65207965742E0A596F7520686F6C643A2068696768206361726420717565656E2E0A506F743A20342063686970732028796F7520322C20706C617965725F302032292E0A4E6F7468696E6720746F2063616C6C2E203220726169736573206C656674207468697320726F756E642C20627920322E0A4D6F76657320736F206661723A0A466972737420726F756E643A20706C617965725F302063616C6C20312E');
INSERT INTO "text" VALUES(10,X'70C2BCF9DB2378E78654B6A6F2F12A43',0,0,X'4C4547414C0A616374696F6E3A20666F6C642C2072616973652C20636865636B0A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(11,X'11BAB7B992E88AFF4B93483268CC120E',0,0,X'7B2274686F75676874223A202262656361757365222C2022616374696F6E223A2022666F6C64227D');
INSERT INTO "text" VALUES(12,X'390CC8740350112BDA46FAC174FED2EC',0,0,X'466972737420726F756E64202862657474696E6720726F756E642031206F662032292E0A596F75722063617264733A2051682E205075626C69632063617264733A206E6F6E65207965742E0A596F7520686F6C643A2068696768206361726420717565656E2E0A506F743A20342063686970732028796F7520322C20706C617965725F302032292E0A4E6F7468696E6720746F2063616C6C2E203220726169736573206C656674207468697320726F756E642C20627920322E0A4D6F76657320736F206661723A0A466972737420726F756E643A20706C617965725F302063616C6C20312E');
INSERT INTO "text" VALUES(13,X'E661108DF00FA4FEA0A1CA4B9BEC4870',0,0,X'6C656475632C20666972737420726F756E643A20512C207075626C6963206E6F6E653B206E6F7468696E6720746F2063616C6C2C2072616973657320302C20706F7420757020746F20342C20726976616C732031');
INSERT INTO "text" VALUES(14,X'E5C660864EF3C0CBA3FF8EFFB95C5C1A',1,0,X'28B52FFD60F600A5070076D13422408B9B03E848B2DD6487A0AD28B4F5EA0B0ACA1C343693B504667B41358F8AEE0A4C2F00290028008AF1BA13952E7E0018E885BCD93DCAF6DE239E3E9A367D8F1CBD7341027734060C8742A179A3512C1A89E6098CC6414ADB4945491682BB175BDF9363E88A27B053E19FAEE6EBEABB7DAAFCEA859E1486A751B2E730DF34204F0867948BFCDEF02DE4899D8109DDF176C65E785D7D8D707BC3648FDA3BF184B174CE406DDB5F1E0D6E57B35B508C218786CC9664396419D9F754F0C4373F4FCAA1C2CDF7C4FDD6C7F30875ECEE2C7BC4270B00C70632D05D8393A0DEB0D108C60B3691F4ACF00C85A4E2C53E6030D1');
INSERT INTO "text" VALUES(15,X'C2B26FC1EB5CC5460EED652940834D24',0,0,X'5455524E20310A466972737420726F756E64202862657474696E6720726F756E642031206F662032292E0A596F75722063617264733A2051732E205075626C69632063617264733A206E6F6E65207965742E0A596F7520686F6C643A2068696768206361726420717565656E2E0A506F743A20332063686970732028796F7520312C20706C617965725F312032292E0A546F2063616C6C3A203120636869702E203220726169736573206C656674207468697320726F756E642C20627920322E0A4D6F76657320736F206661723A206E6F6E652E');
INSERT INTO "text" VALUES(16,X'D4B469DE7B9F4DA8DD894DD4DCD57803',0,0,X'466972737420726F756E64202862657474696E6720726F756E642031206F662032292E0A596F75722063617264733A2051732E205075626C69632063617264733A206E6F6E65207965742E0A596F7520686F6C643A2068696768206361726420717565656E2E0A506F743A20332063686970732028796F7520312C20706C617965725F312032292E0A546F2063616C6C3A203120636869702E203220726169736573206C656674207468697320726F756E642C20627920322E0A4D6F76657320736F206661723A206E6F6E652E');
INSERT INTO "text" VALUES(17,X'8CA4F8DD6006BA701F4019B84382F080',0,0,X'6C656475632C20666972737420726F756E643A20512C207075626C6963206E6F6E653B20612062657420746F2063616C6C2C2072616973657320302C20706F7420757020746F20342C20726976616C732031');
INSERT INTO "text" VALUES(18,X'93B297F2A4AEECA92FF59A5F4C91488D',0,0,X'596F7520617265206164612C20616E206167656E74207468617420706C617973206D616E792067616D657320616E642072656D656D62657273207468656D2E2043686F6F73652074686520656E7669726F6E6D656E7420746F20706C6179206E6578742E204769766520796F757220726561736F6E2066697273742C20696E206F6E652073686F72742073656E74656E63652C207468656E20796F75722063686F6963652E');
INSERT INTO "text" VALUES(19,X'B47E212D3855313F95370441283BBF73',1,0,X'28B52FFD60CC105D2D000A46BC0B28006D68DB7866BFB77FBBB44A8DED26868E84A7DB01050CC8DFE0EC48508565761E08F7FF7F570513B000B100AF00FD861A399E15E67A128B1FE761795830BC5F4690116110BE2B9B8E6A922C3AF5B01DAFDEA3FB6C69593AFE9BABF52B613E93DFFA1EA6EB8ACED9E81CE6C41F0B8879CA1ADD2A84C9E638C603D2710096058562517CF3E1543D5C016F7695934D28DF13C2F547277C79CC7D7185DF3EFDC5FBD146E20B277625F2D87BD89CF363B8135F264D1FA2578BDAE823DDE31F7BE6AE893F1A2026B51376623D2031666C09408489060718347000618184060702B97273458780F8D3D5C4C75CD4047F1080188D40382C8EC5C3D2F8245BC2E646FF32A3CEE60B2CE093DC66842C7032010F22D81418F3734FD3F4975072AF085BE7F9CBC7DA711F45B08F42984EF99EA665E1A1B138188DA5416934960625B1F7B05A8D78B531579F3BE532F5D6F09CC99B0A7325B6228533451E536C5D3DBC52857C358B9E8C2BDD394D8C6AAB1181E581C1A0382C1605233195EB5C9960849CE754F5C645DE8414FEE12338D227695C01CD235ABE97586B1EE7A86FD61CDF68817326D624B49DC926028BA2914F212D399F03A825BB5CADD2316CE91CE1AA473056E7CDCB206FF8F0E3742137C09C2B2D24CC1602795A830B27D7E66486EB32806AAAE00F07C43473AC31FA1897AAE9621829643B9607ED6BE4DA57B98F364DAD659F375F2F3AD728BDDC84E43A34168646ED3C5720148BA2C170C59EC8135277893F1A10B3F9B29935665382E9F0B39506C6A260B824616B544A18CFECC92D5981F1555280E8C30304E71379F3E3CE091692D528F1AAB1A7C988F6235EA45FD64FF3003C51DA4C36A103ACC1872BF70F55E30FDEEE6C14B5A81E2E568BE9B129C9D6D0F1734DA447659BACBA74571062CB8F6104CF4A3AD64F87FC64D5950AFCC180187676E1B0381E73DCD3289387EE8CCFC5C50A731D762C0A05C2B130189E5ACBE8BC12374BA5DDACD40931B00F636EB7A6A9D1E6CAC2B13834303CA19424E8C0371D47577142986F4CC971B506811BA85119428C99991111912449211D31040D032198C59C0F1280642986A25211832610110925148944928212A9034986B5E0087D6F05DE214DD67340F0A11FDB6FD040F5014DDD8F943871ED8035C81E311B649B5DEB7611F60FA6F091145F0BEB7A0D757B21BDDADEBD4D8E4C70069D69D3D5DB8EDF4E681E3AB277AE7F782DF478A0E8C37C13AC3B44B24E53EA0304E16AD898E791EF6E2B39C303C1915D48D1F3704681CF4E81C8BD34299765AA5E8DF19485F6156DAB04A23877BCC9E5A72E7B1D341740A99B254F3735705D024551ED613B4F50C26C8E7991B004DB9D2AE7576C14893F15548306BD14A7144AA0EB60AAFC8F687EB7E6CBC44538F588213D53F0240C2A1DB9C53FA9094AC17D511D688691038688CDB1530A6972B6EF411841D7FBC51BA47B15FB99B99462E42582A805A4F2632C9D808AC12796C1186E59C517B99D225D77E891B9EEC9421F9378B5EC43A57DA7D5CB44581E16213D0E5E869F8E1D1440A615D96417E80C6C52DDB7ECBD8B8C812E740F9E3691692A486F01B9CC7DD3CA973A76519689D2455ADA769D9FDD6C13366DC70991269BBBEB2F0BE673FA4E7A14C01034F8C12B04B6B4153514A467F25A4CA911384CD68127AB11D50B4798BD0355B12DD953530C48774D46A906664835ED82940619997D0F3371DF777676F8B1D69FDBCE82056E6391612F630D9DE347B6B4C6560CCA866C2B3F19B7FAA07BEA5C5F7659B79D6F8E663968102501016959E359A4B536BB3959D6E3AAC2A08910D60348B69F05C00295A5EC016152AF4F682B5EE8A60EEFFC0AE5320B1D5C4163E48E59DA2C1893637945437EC2868C1DF8A2AF91DE839E3B4AE0BC6DDC256F1B2E5A78816EDA8FB377BC44393104C1D8F17AA30829B5C6D7181A101B6DA8A504BB1E820AF5282123C609BB1CDCC2749E6D6569720F94BD6BB4B8A6476D56AC8EBACEEC963F338C184C006E1FA60235');
INSERT INTO "text" VALUES(20,X'CDD03F26582B821A43446D214BA9D036',0,0,X'416E73776572206F6E6C792077697468207B22726561736F6E223A20223C726561736F6E3E222C2022656E7669726F6E6D656E74223A20223C656E7669726F6E6D656E743E227D2E');
INSERT INTO "text" VALUES(21,X'3DEC12B43E20F09A3B1434287F2EA765',0,0,X'7B22726561736F6E223A202262656361757365222C2022656E7669726F6E6D656E74223A20226D70652F73696D706C655F7370726561645F7633227D');
INSERT INTO "text" VALUES(22,X'67AEE9780F4BE27B2C8A02A9ED907D3F',1,0,X'28B52FFD60FF04751700462B74222051DB06C3F0653B2F9D8A36FBAD4BB68C8BDC019C91D338034678FC7B02A440A134680068006600C9717ED8C27D46B04978CAC5F88DC2BCF6B3ADC5DC17FDE38F35CD20287AF8952AE18B45B71EB63B383C371B89460443C30444A3911C10C62FCC75F8D91CC722CE3C06E97B72D9F479D3C2A5CBFD7A784E87CCA387EE1C6173DED8F4FB25837FF804173E17FF6845FAC7CE9036AC114FCD0CD642DEECC507E399EB645EFC255133A52D23E7664DBFEC9611DC7EF3B2E5D1528B479B91FCDBA7199E94089B95AF5EC0799E3C48D7936E18B64F7AC916F0861FE77866CF88BA273C390A9223D5C366B68E87B4A5C51BF5685FA1FE81C123AC7CC6F37AF95CCACC498539957A18F214928D8FB9CD16F8EAF224196C0E38A3EFCDAACEA9B8A73D8AED3E4A79D38CE2A9611E5D4667D3C95C9B6BB1792F3AF8CDA6D5C1B619D1A50A4FDC1A42D7F7C4113A7F008C0DA1352448B68BEA6967E473BACBA3F6028F73EEF13D1ABD4C7ECA5AE5B2050483E460B5F8011770363A87D92FF8A24F1C9086440243C421261E2A1A8DD42C4A845CCC9770E21E7E3E8F39D6175094352EA4A1D2A67CE08F807327F37C7AB016A18468240185B3A9484132D029016703826FF6825F167D3FEACC5EC2D323399A470177A861A551CAD088C8C8284D92420720826220C33B12408651A5290A938252658FFD0D3545E1BFB3AEAF9FFFB80A4F92928FB82A4FB624B9774922D3320BD922CBE7924604E244BC21DF441E66EB7FAFD22AC10BA23314FB24BF3DE22E2C85B7523CC49CB6AEA34682B0D6402067B9561C70C803AAF87DA80A0381E33D3F874AD3B604EA62D1EF86C2824082FAE41B24894744CC30D64A694D6FF30271CAAF533D21E914DA0D1038112F8D5F4304E9210451596847B52309185978146A19D1616A754401A8FC16B83B973C3E50D4910BB507DEE2C28781E499F1C78680D5DA71C9E569F0B385F0862283BF4AD7D200C76D728302EE1ACEF15439B97C1D0E34D4FEA8722A7F48DED7EEB13A247F4FF8BD6D5682C54303101816AA0A');
INSERT INTO "text" VALUES(23,X'620DFBC45D472343C71B337099F8F9D7',1,0,X'28B52FFD605C01350800E6513623406B9C03D08888552D147AE1CBB6AAB707188A18229C7887316C3D12AC6C67F8BA330131002A002A001AB0DA4277E2D2C50F0003CD9EF7BE4FE9DEEC08A88D53A7F071A7774292C01DCC01C3A15860DE60148B4682B902A3811057BEB49D4C0C90E4F007632BBC6ADE76C511EE543E54A8F70AF51F7BAE3CD44CBA4A1AA04ED9A273DE056FDF1DD69A185D317C592F2E7C3364CF55FBC229FD2DEB8CCD581FEBDE9CED937B278EACB6CF1756C73A0909A2240AF7D1E64BD7D337C15B49419473CB07835705517C6F74959C9559C2ABD6D2F9F65B9BE7111A10000392180EE4B602D242008219CC5B8305704314F2059B6260BC6113C97B165AFC5A8C823C4406530A');
INSERT INTO "text" VALUES(24,X'33A13775364B9CEF7E280A5871F0A720',1,0,X'28B52FFD60AA00AD0600428C2722408938071833D92AAE993022CA647C76C8F68A707CF1BABD094966F71DA3B8E11501CD8F3342741EE111EF76043B9C7BCE22FE20BAB21854EA9B280E208951B907CD5D54624C1577739CC60A849FF6283E9EA4C5D4528A52961A5219B660C7954D7DB36999D4C2FB3DF61BE2A7313C37FAD0FB123464467B92D8CA3D17C0D6D07385C384E8BE0EA94FBAC178CF17CD7DA337789AE3604B207B800001451500501BFE63976B584505940D430C04B2150F688200080BECE2CA6C901A7158C64BC063500802034603C80C88B3B8DE695B3803');
INSERT INTO "text" VALUES(25,X'0C9BED228277BF6637F3A387C081D6FA',0,0,X'4C4547414C0A6D6F76653A2075702C20646F776E2C2072696768742C20737461792C206C6566740A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C20226D6F7665223A20223C6D6F76653E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(26,X'14C285034303DC35A964BE9DEDC31F12',0,0,X'7B2274686F75676874223A202262656361757365222C20226D6F7665223A20226C656674227D');
INSERT INTO "text" VALUES(27,X'E60276B17381F7B08796F0C674DB7347',1,0,X'28B52FFD60A300750600E2CB25206067AB0330C3E45F9768DD8142748170C522F8A2597CF04B4A727E040639A4E0CD8DB3417C8FF087F7FEC08CD6DC4BC4173C4F94824A3DF3C480032D2A934133290A31A68A7BDF5B0638B8D93FB171042DA6964A54B2B490BAB004339EA4D433E940694925BCDD63BF1D6E96E179D177DC93404356EC11C456A6F300DC765C231C1EC4F665483DD20B856BAE68A6337A82665F838B081500501BFE63976B584505940D430C04B2150F688200080BECE2CA6C901A7158C64BC063500802034603C80C88B3B87E69453803');
INSERT INTO "text" VALUES(28,X'77740E2E0FD71D2EA92FF21F4CD1ECE1',0,0,X'6E656172657374206C616E646D61726B20736F6D652077617920646F776E2D6C656674');
INSERT INTO "text" VALUES(29,X'E410AF9A14EE5587E846C1641FF27327',1,0,X'28B52FFD60D1006D0700924D2B2250499D0318839A0C098AA11F7214D843118DA1F0C6B68ECD7679F16BA1642622AC01D9304C2AC01DC8503FEA8EE1B4010637B5D113FAC0B710A5273872EE498B7885EAC98268A977AA6860ACA6256334D9D296A268E35E495A56183CEDABD8F063214A435AD2124411A98DB2E0E8094BBDC3166B520FEFF7D86F8AA7657886FAD43B3B68C8CFFE580A92EC8C00B7A9E70E870CD11D61527F34F4BCE98B26BBA34F98567270058CF6018202451900942B70E65D9D564CFB7263A98F09AE61151550360C3110C8563CA00902202CB08B2BB3416AC461192F018F4121080C180D203320CEE27AA76DE10C');
INSERT INTO "text" VALUES(30,X'203F1F35812EE83758122B93D0257297',0,0,X'4C4547414C0A6D6F76653A20737461792C2075702C206C6566742C2072696768742C20646F776E0A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C20226D6F7665223A20223C6D6F76653E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(31,X'C7B1A4D700E6A45393224396C7D7640D',0,0,X'7B2274686F75676874223A202262656361757365222C20226D6F7665223A20227570227D');
INSERT INTO "text" VALUES(32,X'96EE547144C43F6F9BC3DF4C86DCAD11',1,0,X'28B52FFD60AF00AD0600128C26207027CE0110B1B239B856C1A2BDD492C687A406407BD4A0A72DC902C740FF1A5EBD70736E689B239481EF203A4770E3DC73967883E8076258A957A22850A464A53A682A64A5D67471AFE32C0714FCECA3987023B1B6D83AD6C1D4909AB4859B1F2AF58A2A924A520BEFF7D86F889F65784EF4A17735D09099BD911A4B752680DBD073854384E8CE0EA9373AC1BCE788A6BAA22F78D67170010217003AA398DEE586A98F35AE61691550360C3110C8563CA00902202CB08B2BB3416AC461192F018F4121080C180D203320CEE2FAA515E10C');
INSERT INTO "text" VALUES(33,X'C8553F3643841E39EFAFC85BBEC74579',1,0,X'28B52FFD605601950B00C6974220404FD30610B7D8FA727720DB24CD8E08DACC7C6A4E4B3016AC891632860B762E370035003A00120C0451042CF6D8BE8FA2F77299BAF026D3D2BCA2CEE9F35E439DBA3D93763E65CD1F69EAFC3074BCCDE9775E634F7B628CFDD6FE684509F196DF2D7AF32DC56B9F110DBDD313101FF4D63CA7B7A57A50971F1CE92FF5DA997ECB25C7ED0E5DE6B94F3FD359570402C1E01003004760D6D6311065D932B7E432E183D1862613141CD18E1AAE70A675B4D4C612A35FBD254BF7964B91EE5D9C3A13570CCEE6DC5992B39E70074AB3AA769AB4074F9A55353A1C38C235D493BFA470A57913FA5DA87A38A35DA47D3C81E248840203C419120F1508A230793F7B22F0845931E0897D153D2920208266983DC8111E442600021D9CC9C55ED1F8C498619DA6C4B4390B48B3A09BE636584B36310DCC63BC86911DE17EDAD9C23BAC9D0AA80ED070171F3DE4F5145DA8B40A140114CC403C74B505A268851C07DA7A828DD55A0D9FE07AB3B470C040C028');
INSERT INTO "text" VALUES(34,X'ED72AD935903DE3486FBD9E3F084E62D',1,0,X'28B52FFD605C0115080016D23623406BAB03B04149C584BBACBFD0275D06004311430827DEC188AA2F58226067F8BA330132002A002B006F039863E7CC64CBF80160A05BF366F848DFBB3D117779FB367E72F4560712F84331683C160ACA1DCA82E150284F68380E02AD8F9C6D33BA106A1D0EE3EC8D4F2DD97D71255B573EAED3FC75FAB05D99DEE9063D2D86B891BAE7521F4F2C6478A6B9653E4F0B4F189C1CDF32B6E6C93D910A1D726B9DDDE436F07B4B758FDE5B71C51C374FE4BE6A2337BB9C2D83FB46A885202C851040861472E9B4A1C5A78267BEF9795A972B9BC627E79439F77B976B0D00CD8B140866609E81890D670AB306A0046CDA50D848F21E83166F8B51E887C8754A01');
INSERT INTO "text" VALUES(35,X'FFE61E595914BDF1CE90525204E0051B',0,0,X'5455524E20310A4D6F76657320736F206661723A206E6F6E652E0A426F6172642028796F7520582C20726976616C204F293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E');
INSERT INTO "text" VALUES(36,X'C464250563651EBD1E2A555179EB7E4D',0,0,X'4C4547414C0A616374696F6E3A20342C20312C20362C20322C20352C20332C20370A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(37,X'0939F873C3CEF9DAF9DFAA2A40C64BD6',0,0,X'7B2274686F75676874223A202262656361757365222C2022616374696F6E223A202235227D');
INSERT INTO "text" VALUES(38,X'0112F27F5EE2A50B8237F7BDE1C4791A',0,0,X'4D6F76657320736F206661723A206E6F6E652E0A426F6172642028796F7520582C20726976616C204F293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E');
INSERT INTO "text" VALUES(39,X'4667AB30D6DA375968C1797D78A9CFB3',0,0,X'636F6E6E65637420666F757220656D707479');
INSERT INTO "text" VALUES(40,X'8A2B73A8324676FEDDEE575FD27243E1',1,0,X'28B52FFD605E01B50B00A6974221304FD406A0F8720F6E110C9B71ADCBC4E92CB1D9C584AA0E312D956A28A9E81806370035003A00110C045116157B6C5F48D39BB94C55B8932AD2BCB2EEE9F3DEB26EDDBE493BDF32E78FB4757E1836DEF6F43BCFB1A73D5974F9AD1D528A0AF198DF6D7AF3458AD73E235A7AAB232042E9AD79566FCB05A1323778D25FEAB553FD98538DDB1BBACD73A17EAAB34610C8C342430B801F346BD1311025B26D6EC9A5C247A38B260F101CD19E18AE70AAE868A98EA946BF7A4B22DD5B469A74CF71FA485C2938DBF387514FF4843B4AB3AE7E1CB5064F9A75753A5CFCE0960565C295E655E97C0E5D13673487DAC7111C8E40242C3C9C11E14081204A93F7B327024F9815039ED857D3032B20208267D63D3084079149884089A7D91697182035BD1F209E0CF334A5A6CDB380140BBA6D6E83B56413D2C034C65B18D911EE4F3B2DBC86B58380AA008DEFE2DF43584F810BD5AB4008A07006F2A14B2D10452BE438C4D6136CACD66A6882CBCD52840306E24501');
INSERT INTO "text" VALUES(41,X'F316E4F932A7F0953DBA0E07A8FED5B1',0,0,X'5455524E20310A4D6F76657320736F206661723A20726976616C20352E0A426F6172642028796F75204F2C20726976616C2058293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E2058202E202E');
INSERT INTO "text" VALUES(42,X'1C4134DA8F6ECF3086A04B5B15D885EA',0,0,X'4C4547414C0A616374696F6E3A20372C20322C20352C20332C20362C20312C20340A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(43,X'C30504645C2520715D1E56428837253B',0,0,X'4D6F76657320736F206661723A20726976616C20352E0A426F6172642028796F75204F2C20726976616C2058293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E2058202E202E');
INSERT INTO "text" VALUES(44,X'8B303C2D3D7F47337E0BF8A5BE9EC499',0,0,X'636F6E6E65637420666F7572202E2E2E2E742E2E');
INSERT INTO "text" VALUES(45,X'9722E13B70CE3746A1F3FBB48B5940E9',0,0,X'5455524E20320A4D6F76657320736F206661723A20796F7520352C20726976616C20352E0A426F6172642028796F7520582C20726976616C204F293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E204F202E202E0A2E202E202E202E2058202E202E');
INSERT INTO "text" VALUES(46,X'0818D3B0BDAE5F2473ECD923C184F76B',0,0,X'4C4547414C0A616374696F6E3A20352C20372C20362C20312C20322C20332C20340A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(47,X'F4D9225388BF8D1FACA288294F676BE6',0,0,X'7B2274686F75676874223A202262656361757365222C2022616374696F6E223A202233227D');
INSERT INTO "text" VALUES(48,X'DD8AFFEE694BE84DEBF50A2438E2589B',0,0,X'4D6F76657320736F206661723A20796F7520352C20726976616C20352E0A426F6172642028796F7520582C20726976616C204F293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E204F202E202E0A2E202E202E202E2058202E202E');
INSERT INTO "text" VALUES(49,X'35FED64CC5A31D203D15AF3F630B72BD',0,0,X'636F6E6E65637420666F7572202E2E2E2E742E2E2F2E2E2E2E6D2E2E');
INSERT INTO "text" VALUES(50,X'BC090A1BD6B4FD2245CA8B6B87253296',0,0,X'5455524E20320A4D6F76657320736F206661723A20726976616C20352C20796F7520352C20726976616C20332E0A426F6172642028796F75204F2C20726976616C2058293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E204F202E202E0A2E202E2058202E2058202E202E');
INSERT INTO "text" VALUES(51,X'9DBBC0496C20E1B8A67E8C8312A46728',0,0,X'4C4547414C0A616374696F6E3A20312C20322C20342C20362C20352C20332C20370A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(52,X'BA25D1513EF3BF27D9989777247B708B',0,0,X'4D6F76657320736F206661723A20726976616C20352C20796F7520352C20726976616C20332E0A426F6172642028796F75204F2C20726976616C2058293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E204F202E202E0A2E202E2058202E2058202E202E');
INSERT INTO "text" VALUES(53,X'007D8D7C3A09E45B9A4887ED7F748A69',0,0,X'636F6E6E65637420666F7572202E2E2E2E6D2E2E2F2E2E742E742E2E');
INSERT INTO "text" VALUES(54,X'A90C6E312D2995BCFF1C2FA4B011EFE6',0,0,X'5455524E20330A4D6F76657320736F206661723A20796F7520352C20726976616C20352C20796F7520332C20726976616C20332E0A426F6172642028796F7520582C20726976616C204F293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E204F202E204F202E202E0A2E202E2058202E2058202E202E');
INSERT INTO "text" VALUES(55,X'1F4045C2FD1A2AC3206EC9951072511E',0,0,X'4C4547414C0A616374696F6E3A20332C20342C20322C20352C20312C20362C20370A416E73776572206F6E6C792077697468207B2274686F75676874223A20223C74686F756768743E222C2022616374696F6E223A20223C616374696F6E3E227D2E0A5468696E6B20696E206174206D6F73742034303020636861726163746572732066697273742C20696E20746865206669656C64202274686F75676874222E');
INSERT INTO "text" VALUES(56,X'EA7E469BADC473EC61E830806262A05F',0,0,X'7B2274686F75676874223A202262656361757365222C2022616374696F6E223A202236227D');
INSERT INTO "text" VALUES(57,X'6BB36E80632678AFADACAAE966D268E5',0,0,X'4D6F76657320736F206661723A20796F7520352C20726976616C20352C20796F7520332C20726976616C20332E0A426F6172642028796F7520582C20726976616C204F293A0A312032203320342035203620370A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E202E202E202E202E202E0A2E202E204F202E204F202E202E0A2E202E2058202E2058202E202E');
INSERT INTO "text" VALUES(58,X'05389063E96D543C882BC5EC77A770F8',0,0,X'636F6E6E65637420666F7572202E2E742E742E2E2F2E2E6D2E6D2E2E');
CREATE TABLE variant (
	variant_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" VARCHAR(32) NOT NULL, 
	env_id TEXT NOT NULL, 
	kwargs TEXT NOT NULL, 
	UNIQUE ("key")
);
INSERT INTO "variant" VALUES(1,'398dcc7688ecabc5e8709b06ae53b3ab','classic/leduc_holdem_v4','{}');
INSERT INTO "variant" VALUES(2,'343c12145c8e987ceb4c4b4136e81242','mpe/simple_spread_v3','{}');
INSERT INTO "variant" VALUES(3,'96f6364915777503f3e1db3e15cd3751','classic/connect_four_v3','{}');
CREATE UNIQUE INDEX ix_agent_live_name ON agent (name) WHERE deleted_at IS NULL;
CREATE INDEX ix_choice_agent ON choice (agent_id, choice_id);
CREATE INDEX ix_choice_run_id ON choice (run_id);
CREATE INDEX ix_outbox_agent ON outbox (agent_id, seq);
CREATE INDEX ix_episode_env ON episode (env_id, episode_id);
CREATE INDEX ix_episode_run_id ON episode (run_id);
CREATE INDEX ix_episode_status ON episode (status, episode_id);
CREATE INDEX ix_memory_agent ON memory (agent_id, state, kind, env_id);
CREATE INDEX ix_memory_episode ON memory (episode_id);
CREATE INDEX ix_participation_agent ON participation (agent_id, episode_id);
CREATE INDEX ix_embedding_memory ON embedding (memory_id);
CREATE INDEX ix_recall_memory ON recall (memory_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('agent',2);
INSERT INTO "sqlite_sequence" VALUES('run',3);
INSERT INTO "sqlite_sequence" VALUES('embedder',1);
INSERT INTO "sqlite_sequence" VALUES('variant',3);
INSERT INTO "sqlite_sequence" VALUES('episode',4);
INSERT INTO "sqlite_sequence" VALUES('participation',9);
INSERT INTO "sqlite_sequence" VALUES('text',58);
INSERT INTO "sqlite_sequence" VALUES('attempt',11);
INSERT INTO "sqlite_sequence" VALUES('step',14);
INSERT INTO "sqlite_sequence" VALUES('memory',5);
INSERT INTO "sqlite_sequence" VALUES('outbox',5);
INSERT INTO "sqlite_sequence" VALUES('choice',1);
COMMIT;
