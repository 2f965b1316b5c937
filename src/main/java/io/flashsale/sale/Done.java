package io.flashsale.sale;

import org.jspecify.annotations.Nullable;

/**
 * What was done at an operator's request, for when it is repeated.
 *
 * @param extra the sale that was asked for, or null if one was closed
 * @param sale the one that was closed, or that the extra one became when it was announced
 */
record Done(Asked asked, @Nullable ExtraSale extra, @Nullable Sale sale) {

  /** With its id, if this is the sale that was asked for. */
  Done becoming(Sale planned) {
    return extra != null && extra.became(planned) ? new Done(asked, extra, planned) : this;
  }
}
