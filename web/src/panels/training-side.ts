// What only the training side shows: it comes when that side is asked for.

import './training-question.ts';
import './levels.ts';
import './timeline.ts';
import './ladder.ts';
import './launch.ts';
