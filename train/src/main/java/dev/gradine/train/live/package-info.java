/// Pages about runs that are still going on: folders of runs are watched, and a server on this machine
/// sends browsers what is new in them. Everything comes from the files that a run writes anyway, so a run
/// is not kept waiting and no bit of it changes.
@NullMarked
package dev.gradine.train.live;

import org.jspecify.annotations.NullMarked;
