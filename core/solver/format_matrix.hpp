#pragma once
/// Weight formats beside devices: what each takes, and the longest context that each device carries with it.

#include "plan.hpp"
#include "solver/format_rows.hpp"

namespace plimsoll {

/// One row for what the request takes by itself and one for each format asked about, in that order.
///
/// Units    bytes; bits of one parameter in thousandths
/// Formula  weights as add_weights counts them on one rank; each cell is longest_context of a request for that format and device
/// Assumes  the cache stays in the format that the request names, or in the type that each row computes in
/// Errors   unknown_id for a device or format that the catalogue lacks; a request that does not serve; those of make_plan for the request
///          itself. What ails one format or one device alone stands in its row or cell
/// Tested   tests/core/format_matrix_test.cpp: each cell is what a request of its own answers
Result<FormatMatrix> format_matrix(const FormatMatrixRequest& asked, const std::shared_ptr<const LoadedModel>& model, const Catalog& catalog);

}  // namespace plimsoll
