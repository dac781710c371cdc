/// What every web service of ours needs between a socket and its answers: routes, a key, bounded bodies,
/// errors as JSON, and events that are sent as they happen. What is asked and answered is the business of
/// `serve.api`.
@NullMarked
package dev.gradine.serve.http;

import org.jspecify.annotations.NullMarked;
